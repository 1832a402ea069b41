//! Tests of `model::channel`.

use crate::model::channel::*;

#[test]
fn each_channel_has_a_name_of_its_own_and_probes() {
    for channel in Channel::ALL {
        let same = |other: &&Channel| {
            other.name() == channel.name() || other.capabilities().short == channel.capabilities().short
        };
        assert_eq!(Channel::ALL.iter().filter(same).count(), 1, "{channel}");
        assert!(!channel.capabilities().probes.is_empty(), "{channel}");
    }
}
