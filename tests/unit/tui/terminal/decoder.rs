//! Bytes of terminals, and the keys that they are.

use super::*;

fn decoded(bytes: &[u8]) -> Vec<DecodedInput> {
    let mut out = VecDeque::new();
    let mut decoder = Decoder::default();
    decoder.feed(bytes, &mut out);
    decoder.flush_pending(&mut out);
    out.into()
}

/// Bytes, and the keys that they are.
type Row<'r> = (&'r [u8], &'r [(KeyCode, KeyModifiers)]);

fn slowly(bytes: &[u8]) -> Vec<DecodedInput> {
    let (mut decoder, mut out) = (Decoder::default(), VecDeque::new());
    for byte in bytes {
        decoder.feed(&[*byte], &mut out);
    }
    decoder.flush_pending(&mut out);
    out.into()
}

const NONE: KeyModifiers = KeyModifiers::NONE;
const ALT: KeyModifiers = KeyModifiers::ALT;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;

#[test]
fn each_sequence_is_the_key_that_was_pressed() {
    let rows: &[Row] = &[
        (b"a", &[(KeyCode::Char('a'), NONE)]),
        (b"A", &[(KeyCode::Char('A'), KeyModifiers::SHIFT)]),
        ("é葛".as_bytes(), &[(KeyCode::Char('é'), NONE), (KeyCode::Char('葛'), NONE)]),
        (b"\r", &[(KeyCode::Enter, NONE)]),
        (b"\n", &[(KeyCode::Char('j'), CTRL)]),
        (b"\t\x1b[Z", &[(KeyCode::Tab, NONE), (KeyCode::BackTab, NONE)]),
        (b"\x7f\x08", &[(KeyCode::Backspace, NONE), (KeyCode::Backspace, NONE)]),
        (b"\x10\x1f\0", &[(KeyCode::Char('p'), CTRL), (KeyCode::Char('7'), CTRL), (KeyCode::Char(' '), CTRL)]),
        (b"\x1b", &[(KeyCode::Esc, NONE)]),
        (b"\x1b\x1b", &[(KeyCode::Esc, NONE), (KeyCode::Esc, NONE)]),
        (b"\x1bq", &[(KeyCode::Char('q'), ALT)]),
        (b"\x1b\r", &[(KeyCode::Enter, ALT)]),
        (b"\x1b\x08\x1b\x7f", &[(KeyCode::Backspace, ALT), (KeyCode::Backspace, ALT)]),
        (b"\x1b[A\x1bOA", &[(KeyCode::Up, NONE), (KeyCode::Up, NONE)]),
        // Option and an arrow, as Terminal.app, PuTTY and urxvt send it.
        (b"\x1b\x1b[D\x1b\x1bOD", &[(KeyCode::Left, ALT), (KeyCode::Left, ALT)]),
        (b"\x1b[1;3D\x1b[1;5C", &[(KeyCode::Left, ALT), (KeyCode::Right, CTRL)]),
        (b"\x1b[5~\x1b[3~", &[(KeyCode::PageUp, NONE), (KeyCode::Delete, NONE)]),
        (
            b"\x1bOP\x1b[15~\x1b[24~\x1b[[A",
            &[(KeyCode::F(1), NONE), (KeyCode::F(5), NONE), (KeyCode::F(12), NONE), (KeyCode::F(1), NONE)],
        ),
        (b"\x1b[13;2u\x1b[27;2;13~", &[(KeyCode::Enter, KeyModifiers::SHIFT), (KeyCode::Enter, KeyModifiers::SHIFT)]),
        (
            b"\x1b[27u\x1b[99;5u\x1b[9;2u",
            &[(KeyCode::Esc, NONE), (KeyCode::Char('c'), CTRL), (KeyCode::BackTab, KeyModifiers::SHIFT)],
        ),
    ];
    for (bytes, keys) in rows {
        let wanted: Vec<_> = keys.iter().map(|(code, held)| key(*code, *held)).collect();
        assert_eq!(decoded(bytes), wanted, "{:?}", String::from_utf8_lossy(bytes));
        // The same bytes one at a time, as a slow line brings them.
        assert_eq!(slowly(bytes), wanted, "{:?}, byte by byte", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn what_the_terminal_says_by_itself_is_no_key() {
    for reply in [
        &b"\x1b]11;rgb:1111/2222/3333\x07"[..],
        b"\x1b]11;rgb:1111/2222/3333\x1b\\",
        b"\x1bP>|xterm(370)\x1b\\",
        b"\x1b_Gi=31;OK\x1b\\",
        b"\x1b[?2026;2$y",
        b"\x1b[?62;4;22c",
        b"\x1b[>0;276;0c",
        b"\x1b[12;40R",
        b"\x1b[8;36;120t",
        b"\x1b[<0;10;10M",
        b"\x1b[M #$",
        b"\x1b[M\r\r\r",
        b"\x1b[32;10;10M",
        b"\x1b[32M",
        b"\x1b[200000000000;99z",
        b"\x1b[57441;5u",
        b"\x1b[97;1:3u",
        b"\x1b[1;5:3A",
        b"\xc2\x9b?64;1;2c",
        b"\xc2\x9d11;rgb:1111/2222/3333\xc2\x9c",
        b"\xc2\x90>|x\x1b\\",
        b"\xff\xfe",
    ] {
        let mut bytes = reply.to_vec();
        bytes.push(b'x');
        assert_eq!(decoded(&bytes), [key(KeyCode::Char('x'), NONE)], "{:?}", String::from_utf8_lossy(reply));
        assert_eq!(slowly(&bytes), [key(KeyCode::Char('x'), NONE)], "{:?}", String::from_utf8_lossy(reply));
    }
    assert_eq!(decoded(b"\x1b[?1u"), [DecodedInput::KittyKeyboard]);
}

#[test]
fn a_marked_paste_is_one_event_whatever_is_in_it() {
    let wanted = [DecodedInput::Event(Event::Paste("a\x1b[A\rb ü".into())), key(KeyCode::Enter, NONE)];
    let bytes = "\x1b[200~a\x1b[A\rb ü\x1b[201~\r".as_bytes();
    assert_eq!(decoded(bytes), wanted);
    for cut in 0..bytes.len() {
        let (mut decoder, mut out) = (Decoder::default(), VecDeque::new());
        decoder.feed(&bytes[..cut], &mut out);
        decoder.feed(&bytes[cut..], &mut out);
        assert_eq!(Vec::from(out), wanted, "cut at {cut}");
        assert!(decoder.marks_pastes);
    }
}

#[test]
fn what_never_ends_is_waited_for_only_so_long() {
    let (mut decoder, mut out) = (Decoder::default(), VecDeque::new());
    for reply in [&b"\x1b]11;rgb:1111"[..], b"\x1bP>|xterm", b"\xc2\x9d11;"] {
        decoder.feed(reply, &mut out);
        assert_eq!(decoder.patience(), Some(REPLY));
        decoder.flush_pending(&mut out);
        assert_eq!(decoder.patience(), None);
        decoder.feed(b"x", &mut out);
        assert_eq!(out.drain(..).collect::<Vec<_>>(), [key(KeyCode::Char('x'), NONE)]);
    }
    decoder.feed(b"\x1b[200~half a\x1b[20", &mut out);
    assert_eq!(decoder.patience(), Some(PASTE));
    decoder.flush_pending(&mut out);
    assert_eq!(out.drain(..).collect::<Vec<_>>(), [DecodedInput::Event(Event::Paste("half a\x1b[20".into()))]);
    assert!(!decoder.marks_pastes, "what may still come of it is not marked");
    decoder.feed(b"x", &mut out);
    assert_eq!(Vec::from(out), [key(KeyCode::Char('x'), NONE)]);
}

#[test]
fn nothing_that_arrives_stops_it() {
    proptest::proptest!(|(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200))| {
        let (mut decoder, mut out) = (Decoder::default(), VecDeque::new());
        decoder.feed(&bytes, &mut out);
        decoder.flush_pending(&mut out);
        decoder.reset();
        decoder.feed(b"\x1b[A", &mut out);
        proptest::prop_assert_eq!(out.back(), Some(&key(KeyCode::Up, NONE)));
    });
}
