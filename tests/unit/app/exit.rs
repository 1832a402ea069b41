//! Tests of `app::exit`.

use crate::app::exit::Exit;
use crate::model::{Failure, FailureKind, Phase, Reason};

#[test]
fn what_stopped_a_message_decides_whatever_stands_around_it() {
    let network = || Failure::new(FailureKind::Connect, Phase::Connect, "no route").reason();
    let secret = || Reason::NoSecret("no such file".to_owned());
    let around: [fn(Reason) -> Reason; 5] = [
        |why| Reason::Tried(Box::new(why), 3),
        |why| Reason::TooLongToWait(Box::new(why), 900),
        |why| Reason::NoOtherToken(Box::new(why)),
        |why| Reason::NotUploaded("bill.pdf".to_owned(), Box::new(why)),
        |why| Reason::Again(Box::new(why)),
    ];
    for (why, exit) in [(network(), Exit::Network), (secret(), Exit::NotSignedIn), (Reason::TakenBack, Exit::Refused)] {
        assert_eq!(Exit::from(&why), exit);
        for put in around {
            assert_eq!(Exit::from(&put(why.clone())), exit, "{}", put(why.clone()));
        }
    }
}
