use super::*;

const APP: u32 = 1_400_000_000;
const NOW: u64 = 1_700_000_000;

fn parse(action: Action, parameters: &str) -> Result<Call, &'static str> {
    let parameters = Parameters::from_json(parameters.as_bytes()).unwrap();
    Call::parse(action, &parameters, APP, NOW).map_err(|error| error.code.as_str())
}

#[test]
fn good_parameters_make_a_call() {
    let users = vec!["a".parse().unwrap(), "b".parse().unwrap()];
    assert_eq!(
        parse(
            Action::RemoveUser,
            r#"{"SdkAppId":1400000000,"RoomId":7,"UserIds":["a","b"]}"#
        ),
        Ok(Call::RemoveUsers {
            room: RoomId::number(7).unwrap(),
            users
        })
    );
    assert_eq!(
        parse(
            Action::DismissRoomByStrRoomId,
            r#"{"SdkAppId":1400000000,"RoomId":"7"}"#
        ),
        Ok(Call::DismissRoom {
            room: RoomId::string("7").unwrap()
        })
    );
    assert_eq!(
        parse(
            Action::DescribeRooms,
            r#"{"SdkAppId":1400000000,"Offset":3}"#
        ),
        Ok(Call::DescribeRooms {
            offset: 3,
            limit: 100
        })
    );
}

#[test]
fn every_wrong_parameter_has_the_code_that_trtc_gives_it() {
    let eleven = r#"["a","b","c","d","e","f","g","h","i","j","k"]"#;
    let with_users =
        |users: &str| format!(r#"{{"SdkAppId":1400000000,"RoomId":7,"UserIds":{users}}}"#);
    for (parameters, code) in [
        ("{}".to_owned(), "MissingParameter.SdkAppId"),
        (
            r#"{"SdkAppId":"x"}"#.to_owned(),
            "InvalidParameter.SdkAppId",
        ),
        (r#"{"SdkAppId":0}"#.to_owned(), "InvalidParameter.SdkAppId"),
        (
            r#"{"SdkAppId":1}"#.to_owned(),
            "UnauthorizedOperation.SdkAppId",
        ),
        (
            r#"{"SdkAppId":1400000000}"#.to_owned(),
            "MissingParameter.RoomId",
        ),
        (
            r#"{"SdkAppId":1400000000,"RoomId":"7"}"#.to_owned(),
            "InvalidParameter.RoomId",
        ),
        (
            r#"{"SdkAppId":1400000000,"RoomId":1.5}"#.to_owned(),
            "InvalidParameter.RoomId",
        ),
        (
            r#"{"SdkAppId":1400000000,"RoomId":0}"#.to_owned(),
            "InvalidParameterValue.RoomId",
        ),
        (
            r#"{"SdkAppId":1400000000,"RoomId":4294967296}"#.to_owned(),
            "InvalidParameterValue.RoomId",
        ),
        (
            r#"{"SdkAppId":1400000000,"RoomId":7}"#.to_owned(),
            "MissingParameter.UserIds",
        ),
        (with_users("null"), "MissingParameter.UserIds"),
        (with_users("\"a\""), "InvalidParameter.UserIds"),
        (with_users("[]"), "InvalidParameter.UserIds"),
        (with_users("[7]"), "InvalidParameter.UserIds"),
        (with_users("[\"not valid\"]"), "InvalidParameter.UserIds"),
        (with_users(eleven), "InvalidParameter.UserIds"),
    ] {
        assert_eq!(
            parse(Action::RemoveUser, &parameters),
            Err(code),
            "{parameters}"
        );
    }
    for (room, code) in [
        ("7", "InvalidParameter.RoomId"),
        ("\"\"", "InvalidParameterValue.RoomId"),
        ("\"caf\u{e9}\"", "InvalidParameterValue.RoomId"),
    ] {
        let parameters = format!(r#"{{"SdkAppId":1400000000,"RoomId":{room}}}"#);
        assert_eq!(
            parse(Action::DismissRoomByStrRoomId, &parameters),
            Err(code)
        );
    }
    let paged = r#"{"SdkAppId":1400000000,"Limit":101}"#;
    assert_eq!(parse(Action::DescribeRooms, paged), Err("InvalidParameter"));
}

#[test]
fn every_parameter_of_a_question_has_the_code_that_trtc_gives_it() {
    let asked = |more: &str| {
        let parameters = format!(r#"{{"SdkAppId":1400000000{more}}}"#);
        let asked = parse(Action::DescribeRoomInfo, &parameters);
        asked.err().unwrap_or("ok")
    };
    let times = r#","StartTime":1699999000,"EndTime":1700000000"#;
    for (more, code) in [
        ("", "MissingParameter.StartTs"),
        (r#","StartTime":"x""#, "InvalidParameter.StartTs"),
        (r#","StartTime":1699999000"#, "MissingParameter.EndTs"),
        (
            r#","StartTime":1699999000,"EndTime":-1"#,
            "InvalidParameter.EndTs",
        ),
        (
            r#","StartTime":1699999000,"EndTime":1699998999"#,
            "InvalidParameter.EndTs",
        ),
        (
            r#","StartTime":1698790399,"EndTime":1698790400"#,
            "InvalidParameter.StartTsOversize",
        ),
        (
            r#","StartTime":1699900000,"EndTime":1699986401"#,
            "InvalidParameter.QueryScaleOversize",
        ),
        (r#","StartTime":1699900000,"EndTime":1699986400"#, "ok"),
    ] {
        assert_eq!(asked(more), code, "{more}");
    }
    for (more, code) in [
        ("", "ok"),
        (r#","RoomId":7"#, "InvalidParameter.RoomId"),
        (r#","RoomId":"7","PageNumber":2,"PageSize":100"#, "ok"),
        (r#","PageNumber":-1"#, "InvalidParameter.PageNumber"),
        (r#","PageSize":0"#, "InvalidParameter.PageSize"),
        (r#","PageSize":101"#, "InvalidParameter.PageSizeOversize"),
        (r#","Colour":1"#, "UnknownParameter"),
    ] {
        assert_eq!(asked(&format!("{times}{more}")), code, "{more}");
    }
    let users = |parameters: &str| parse(Action::DescribeUserInfo, parameters).err();
    assert_eq!(
        users(r#"{"SdkAppId":1400000000}"#),
        Some("MissingParameter.CommId")
    );
    let long =
        r#"{"SdkAppId":1400000000,"CommId":"x","StartTime":1699980000,"EndTime":1699994401}"#;
    assert_eq!(users(long), Some("InvalidParameter.QueryScaleOversize"));
}

#[test]
fn our_own_kick_takes_either_room_a_key_and_a_ban() {
    let kick = |more: &str| {
        let parameters = format!(r#"{{"SdkAppId":1400000000,"UserIds":["a"],"RoomId":7{more}}}"#);
        parse(Action::KickUsers, &parameters)
    };
    let Ok(Call::KickUsers {
        room,
        idempotency_key,
        ban,
        ..
    }) = kick(
        r#","IdempotencyKey":"k","BanUntil":1700000001,"BanScope":"Application","BanTokens":"Present""#,
    )
    else {
        panic!()
    };
    assert_eq!(room, RoomId::number(7).unwrap());
    assert_eq!(idempotency_key.as_deref(), Some("k"));
    let expected = BanOf {
        until: 1_700_000_001,
        everywhere: true,
        only_present_tokens: true,
    };
    assert_eq!(ban, Some(expected));
    for wrong in [
        r#","IdempotencyKey":"""#,
        r#","IdempotencyKey":"a b""#,
        r#","IdempotencyKey":7"#,
        r#","BanUntil":1700000000"#,
        r#","BanUntil":"x""#,
        r#","BanScope":"World""#,
        r#","BanTokens":1"#,
    ] {
        assert_eq!(kick(wrong), Err("InvalidParameterValue"), "{wrong}");
    }
}

#[test]
fn a_ban_is_not_half_said() {
    let kick = |more: &str| {
        let parameters = format!(r#"{{"SdkAppId":1400000000,"RoomId":"7","UserIds":["a"]{more}}}"#);
        parse(Action::KickUsers, &parameters)
    };
    for half in [
        r#","BanScope":"Application""#,
        r#","BanTokens":"Present""#,
        r#","BanScope":"Application","BanUntil":null"#,
    ] {
        assert_eq!(kick(half), Err("InvalidParameterValue"), "{half}");
    }
    let usual = r#","BanUntil":null,"BanScope":"Room","BanTokens":"All""#;
    assert!(matches!(kick(usual), Ok(Call::KickUsers { ban: None, .. })));
}
