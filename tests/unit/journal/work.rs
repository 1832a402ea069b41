//! The order in which the lanes give their work.

use crate::journal::Job;
use std::time::Duration;

use crate::journal::work::*;
use crate::model::{ConversationKey, MessageId};

fn urgent(n: u32) -> Work {
    Work::Job(Job::Opened(ConversationKey(n)))
}

fn bulk(n: u64) -> Work {
    Work::Job(Job::Mark(n, true, None))
}

#[tokio::test]
async fn urgent_work_is_taken_first_bulk_in_bites_and_all_of_it_before_the_end() {
    let (lanes, mut inbox) = lanes();
    for n in 0..100 {
        assert!(lanes.put(bulk(n)));
    }
    assert!(lanes.put(urgent(1)) && lanes.put(urgent(2)));
    drop(lanes);
    let mut sizes = Vec::new();
    while let Some(group) = inbox.next(Some(Duration::ZERO)).await {
        sizes.push(group.len());
    }
    assert_eq!(sizes, [2, GROUP, 100 - GROUP]);
    assert!(inbox.next(Some(Duration::from_secs(60))).await.is_none());
}

#[tokio::test]
async fn a_full_lane_refuses_and_the_other_does_not() {
    let (lanes, mut inbox) = lanes();
    assert!(inbox.next(Some(Duration::ZERO)).await.is_some_and(|group| group.is_empty()));
    let taken = (0..2 * LANE as u64).take_while(|n| lanes.put(bulk(*n))).count();
    assert_eq!(taken, LANE);
    let delivery = crate::model::DeliveryStatus::Cancelled;
    assert!(lanes.put(Work::Job(Job::Status(MessageId(1), delivery))));
}
