//! Overlaps as the hosts resolve them that Ptacek, Newsham, Novak and Sturges have tried.

use super::*;

/// A place in the stream and what lies there.
type Version = (u32, &'static [u8]);

#[test]
fn one_overlap_at_a_time() {
    use OsPolicy::*;
    let all = [
        Bsd, OldLinux, Linux, Solaris, HpUx10, HpUx11, Irix, MacOs, Windows, Vista, Windows2k3,
        First, Last,
    ];
    // What is there, what comes, and who takes the new version.
    let cases: [(Version, Version, &[OsPolicy]); 9] = [
        // Same place, same length.
        (
            (5, b"old."),
            (5, b"new!"),
            &[OldLinux, Solaris, HpUx11, Last],
        ),
        // Same start, longer.
        (
            (5, b"old."),
            (5, b"new!+"),
            &[OldLinux, Linux, Solaris, HpUx11, Last],
        ),
        // Same start, shorter.
        ((5, b"old."), (5, b"new"), &[Last]),
        // Starts before, ends inside.
        (
            (5, b"old."),
            (4, b"+new"),
            &[
                Bsd, HpUx10, Irix, Windows, Windows2k3, OldLinux, Linux, MacOs, Last,
            ],
        ),
        // Starts before, ends together.
        (
            (5, b"old."),
            (4, b"+new!"),
            &[
                Bsd, HpUx10, Irix, Windows, Windows2k3, OldLinux, Linux, MacOs, Solaris, HpUx11,
                Last,
            ],
        ),
        // Starts before, ends behind.
        (
            (5, b"old."),
            (4, b"+new!+"),
            &[
                Bsd, HpUx10, Irix, Windows, Windows2k3, OldLinux, Linux, MacOs, Solaris, HpUx11,
                Last,
            ],
        ),
        // Starts inside, ends inside.
        ((5, b"old."), (6, b"ne"), &[Last]),
        // Starts inside, ends together.
        ((5, b"old."), (6, b"new"), &[Last]),
        // Starts inside, ends behind.
        ((5, b"old."), (6, b"new!"), &[Solaris, HpUx11, Last]),
    ];
    for (old, new, takers) in cases {
        for policy in all {
            for compare in [false, true] {
                let config = Config {
                    check_overlap_different_data: compare,
                    ..Config::default()
                };
                let mut script = Script::with_policy(config, policy);
                script.shake_hands();
                script
                    .client(old.0, old.1)
                    .client(new.0, new.1)
                    .client(0, b"...");
                let session = script.session.as_deref_mut().expect("open");
                let buffer = session
                    .stream(ToServer)
                    .buffer
                    .as_ref()
                    .expect("data is kept");
                let shared = old.0.max(new.0);
                let end = (old.0 + old.1.len() as u32).min(new.0 + new.1.len() as u32);
                let kept = buffer.bytes(u64::from(shared), u64::from(end));
                let of = |version: Version| {
                    &version.1[(shared - version.0) as usize..(end - version.0) as usize]
                };
                let expected = if takers.contains(&policy) {
                    of(new)
                } else {
                    of(old)
                };
                assert_eq!(
                    kept, expected,
                    "{policy:?}: {new:?} over {old:?}, compare {compare}"
                );
            }
        }
    }
}

#[test]
fn inline_keeps_what_was_let_through() {
    let config = Config {
        inline: true,
        ..Config::default()
    };
    let mut script = Script::with_policy(config, OsPolicy::Last);
    script.shake_hands();
    script.client(0, b"abcd").client(2, b"XXef");
    assert!(script.outcome.is(SegmentFlags::OVERRULED));
    assert_eq!(script.app(ToServer), "abcdef");
}

#[test]
fn resets_are_believed_by_some() {
    let believes = |policy, seq| {
        let mut script = Script::with_policy(Config::default(), policy);
        script.shake_hands();
        script
            .client(0, b"data")
            .send(ToServer, R, CLIENT + seq, 0, b"");
        script.state() == State::Closed
    };
    for policy in [OsPolicy::Linux, OsPolicy::OldLinux, OsPolicy::Solaris] {
        assert!(
            believes(policy, 5)
                && believes(policy, 100)
                && believes(policy, 2)
                && !believes(policy, 9000)
        );
    }
    assert!(
        believes(OsPolicy::HpUx11, 5)
            && believes(OsPolicy::HpUx11, 9000)
            && !believes(OsPolicy::HpUx11, 2)
    );
    for policy in [
        OsPolicy::Bsd,
        OsPolicy::Windows,
        OsPolicy::Vista,
        OsPolicy::MacOs,
    ] {
        assert!(believes(policy, 5) && !believes(policy, 6) && !believes(policy, 4));
    }
}
