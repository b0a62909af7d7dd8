use super::*;

const KEY: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
const APP: u32 = 1_400_000_000;
const NOW: u64 = 1_700_000_000;
/// Made by TRTC's own code.
const TOKEN: &str = "eJyrVgrxCdYrSy1SslJQMtIzUNJRAItkpqTmlWSmZUIkKjIT87NK82CSxSnZiQUFmSlAKUMTAyiAyqVWFGQWpYJkTE1NjRDiJZm5YFFzNPXFmekgG3zKHM1T9D3LzdODi-OKs8vCqpxcAvydnV2SSv2cy03cPcpDnA2SMgu0nUxslWoBHdYzUg__";

fn xiaojun() -> Claims {
    Claims::new(APP, "xiaojun".parse().unwrap(), NOW, 15_552_000)
}

fn signature_in(user_sig: &str) -> String {
    unpacked(user_sig).unwrap().signature
}

#[test]
fn a_signature_made_by_trtc_is_good_here() {
    assert_eq!(verify(KEY, APP, &xiaojun().user, NOW, TOKEN), Ok(xiaojun()));
}

#[test]
fn a_signature_made_here_is_the_one_that_trtc_makes() {
    let made = sign(KEY, &xiaojun());
    assert_eq!(
        signature_in(&made),
        "LvA7d/Iw7gSsnskvVzBDPOCCDbuNCw4GHwTC0bip+B4="
    );
    assert_eq!(verify(KEY, APP, &xiaojun().user, NOW, &made), Ok(xiaojun()));
    assert!(!made.contains(['+', '/', '=']));
}

#[test]
fn a_user_buffer_is_signed_along() {
    let buffer = "0000077869616f6a756e53724e000000271066413f00000000ff00000000";
    let bytes = (0..buffer.len()).step_by(2);
    let bytes = bytes
        .map(|at| u8::from_str_radix(&buffer[at..at + 2], 16).unwrap())
        .collect();
    let claims = Claims {
        user_buffer: Some(bytes),
        ..xiaojun()
    };
    let made = sign(KEY, &claims);
    assert_eq!(
        signature_in(&made),
        "y9Avb5xwHgIgoABbGakLaE0xs+v/dLcIPegbWfcbRLI="
    );
    assert_eq!(verify(KEY, APP, &claims.user, NOW, &made), Ok(claims));
}

#[test]
fn whatever_is_wrong_with_a_signature_is_told_apart() {
    let user = xiaojun().user;
    let bob: UserId = "bob".parse().unwrap();
    let expired_at = NOW + 15_552_000;
    assert_eq!(
        verify(KEY, APP + 1, &user, NOW, TOKEN),
        Err(UserSigError::WrongApp {
            found: APP.into(),
            expected: APP + 1
        })
    );
    assert_eq!(
        verify(KEY, APP, &bob, NOW, TOKEN),
        Err(UserSigError::WrongUser { expected: bob })
    );
    assert_eq!(
        verify("other", APP, &user, NOW, TOKEN),
        Err(UserSigError::Tampered)
    );
    assert!(verify(KEY, APP, &user, expired_at, TOKEN).is_ok());
    assert_eq!(
        verify(KEY, APP, &user, expired_at + 1, TOKEN),
        Err(UserSigError::Expired {
            expired_at,
            now: expired_at + 1
        })
    );
    let longer = Content {
        expire: u64::MAX,
        ..unpacked(TOKEN).unwrap()
    };
    let forged = packed(&longer);
    assert_eq!(
        verify(KEY, APP, &user, NOW, &forged),
        Err(UserSigError::Tampered)
    );
    let other = Content {
        version: "1.0".to_owned(),
        ..unpacked(TOKEN).unwrap()
    };
    assert_eq!(
        verify(KEY, APP, &user, NOW, &packed(&other)),
        Err(UserSigError::Version {
            found: "1.0".to_owned()
        })
    );
}

#[test]
fn what_is_no_signature_is_refused_by_what_it_is() {
    let check = |text: &str| verify(KEY, APP, &xiaojun().user, NOW, text).unwrap_err();
    assert_eq!(check("no signature!"), UserSigError::Alphabet);
    assert_eq!(check(&TOKEN.replace('_', "=")), UserSigError::Alphabet);
    assert_eq!(check("AAAA"), UserSigError::Inflation);
    assert_eq!(check(&TOKEN[..TOKEN.len() - 8]), UserSigError::Inflation);
    assert_eq!(
        check(&"A".repeat(5000)),
        UserSigError::TooLong { length: 5000 }
    );
    assert!(matches!(check(""), UserSigError::Inflation));
}

#[test]
fn a_signature_that_would_blow_up_is_not_inflated_to_its_end() {
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::best());
    deflated.write_all(&vec![b' '; 2_000_000]).unwrap();
    let bomb = STANDARD.encode(deflated.finish().unwrap());
    let bomb = bomb.replace('+', "*").replace('/', "-").replace('=', "_");
    assert!(bomb.len() <= MAX_LENGTH);
    assert_eq!(
        verify(KEY, APP, &xiaojun().user, NOW, &bomb),
        Err(UserSigError::Bomb)
    );
}
