//! Tests of `app::exit`.

use crate::app::exit::Exit;
use crate::model::{Failure, FailureKind, Phase, Reason};

#[test]
fn help_names_the_codes_in_their_order() {
    let codes: Vec<u8> = Exit::MEANINGS.iter().map(|(exit, _)| exit.code()).collect();
    assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(Exit::Signal(15).code(), 143);
}

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
