//! Tests of `app::journal`.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::app::journal::close;
use crate::engine::{Intent, SendLog as _};
use crate::journal::{Journal, JournalOptions, JournalReader};
use crate::model::{Address, Conversation, ConversationKey, DeliveryStatus, Extras, MessageId};

/// Killed while it waits, `send` leaves nothing that a console would send again.
#[tokio::test]
async fn a_message_of_one_process_waits_for_no_other() {
    let home = tempfile::tempdir().unwrap();
    let address = Address::GuestApi { conversation_id: "c".into(), participant_id: None, external_id: None };
    let conversation = Conversation { key: ConversationKey(0), name: "c".into(), address };
    let mut options = JournalOptions::new(home.path().join("p"), vec![conversation]);
    options.of_subcommand = true;
    let (kept, _pages) = Journal::open(options.clone());
    let intent = Intent {
        message: MessageId(1),
        conversation: ConversationKey(0),
        text: "hello".to_owned(),
        shown: "hello".to_owned(),
        extras: Extras::default(),
        attempt: 1,
    };
    for waits in
        [DeliveryStatus::Queued, DeliveryStatus::Waiting { until: crate::model::Moment::ZERO, why: "429".into() }]
    {
        kept.intent(intent.clone()).await.unwrap();
        kept.outcome(MessageId(1), &waits, None).await.unwrap();
        let reader = JournalReader::open(&options.dir, &options.conversations).unwrap();
        let lives: Vec<_> =
            reader.transcript().unwrap().into_iter().map(|(_, l)| (l.text, l.delivery.unwrap())).collect();
        assert_eq!(lives, [("hello".to_owned(), DeliveryStatus::Cancelled)]);
    }
    close(Some(&kept));
}
