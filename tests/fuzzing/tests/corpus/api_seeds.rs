//! Calls of the server API in every form without types, as they should be and as they should not.

use exeunt_room_service::query_signature::verify;

type Seed = (&'static str, String, Vec<u8>);

const CALLS: [(&str, &str); 12] = [
    (
        "rooms",
        "Action=DescribeRooms&SdkAppId=1400000000&Offset=0&Limit=5",
    ),
    (
        "kick",
        "Action=RemoveUser&SdkAppId=1400000000&RoomId=7&UserIds.0=alice&UserIds.1=bob",
    ),
    (
        "kick-by-name",
        "Action=RemoveUserByStrRoomId&SdkAppId=1400000000&RoomId=stand%20up&UserIds.1=b&UserIds.0=a",
    ),
    ("dismiss", "Action=DismissRoom&SdkAppId=1400000000&RoomId=7"),
    (
        "our-kick",
        "Action=KickUsers&SdkAppId=1400000000&RoomId=x&UserIds.0=a&IdempotencyKey=k&BanUntil=4000000000\
         &BanScope=Application&BanTokens=Present",
    ),
    (
        "stays",
        "Action=DescribeUserInfo&SdkAppId=1400000000&CommId=1400000000_7_1700000000&StartTime=1700000000\
         &EndTime=1700000001&PageNumber=0&PageSize=6",
    ),
    (
        "sessions",
        "Action=DescribeRoomInfo&SdkAppId=1400000000&StartTime=1700000000&EndTime=1700000001&RoomId=7",
    ),
    (
        "twice",
        "Action=DescribeRooms&SdkAppId=1&SdkAppId=2&A.0=1&A.00=2",
    ),
    ("list-and-value", "Action=RemoveUser&UserIds=a&UserIds.0=b"),
    (
        "unknown",
        "Action=DescribeRooms&SdkAppId=1400000000&Colour=blue",
    ),
    (
        "escapes",
        "Action=DescribeBans&%E9=%C3%A9+%2B%26%3D%0D%0A&x=%00&&=&%",
    ),
    ("no-action", "Action=Nonsense&Version=2017-03-12"),
];

pub(crate) fn all() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (name, call) in CALLS {
        let text = call.replace("\n         ", "");
        seeds.push(("api_form", name.to_owned(), text.clone().into_bytes()));
        let request = format!("GET\nrooms.example\n{text}");
        seeds.push(("query_signature", name.to_owned(), request.into_bytes()));
    }
    // A name that is repeated in the answer, but not all of it.
    let long = format!("Action=DescribeRooms&{0}=1&{0}=2", "é".repeat(2000));
    seeds.push(("api_form", "long-name".to_owned(), long.into_bytes()));
    let long = format!(
        "Action=DescribeRooms&SdkAppId=1400000000&{}=1",
        "n".repeat(4000)
    );
    seeds.push(("api_form", "long-unknown".to_owned(), long.into_bytes()));
    seeds.extend(signed());
    seeds.extend(multipart());
    seeds
}

/// The example of TencentCloud's documentation, at another time; as it should be, and with one thing
/// wrong each.
fn signed() -> Vec<Seed> {
    let with = |time: &str, id: &str, method: &str| {
        format!(
            "GET\nlocalhost\nAction=DescribeRooms&Nonce=1&SecretId={id}&Timestamp={time}\
             &SignatureMethod={method}&Signature=AAAA"
        )
    };
    let now = "1700000000";
    let seeds = [
        ("another-key", with(now, "id", "HmacSHA1")),
        ("another-id", with(now, "other", "HmacSHA256")),
        ("expired", with("1700000301", "id", "HmacSHA256")),
        ("no-time", with("now", "id", "HmacSHA256")),
        ("no-method", with(now, "id", "HmacMD5")),
        (
            "name-with-equals",
            "GET\nlocalhost\na%3Db=c&a=b%3Dc&a-=1".to_owned(),
        ),
    ];
    // None of them is one that is taken: that, the target makes by itself.
    let none = verify("id", "secret", 1_700_000_000, "GET", "localhost", &[]);
    assert!(none.is_err());
    let seed = |(name, text): (&str, String)| ("query_signature", name.to_owned(), text.into());
    seeds.map(seed).into()
}

fn multipart() -> Vec<Seed> {
    let part = |name: &str, kind: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n{kind}\r\n{value}\r\n")
    };
    let json = "Content-Type: application/json\r\n";
    let app = part("SdkAppId", "", "1400000000");
    let room = part("RoomId", "", "7");
    let users = part("UserIds", json, "[\"alice\",\"bob\"]");
    let kick = format!("{app}{room}{users}--b--\r\n");
    let seeds = [
        ("kick", "boundary=b\nRemoveUser\n", kick.clone()),
        (
            "quoted",
            "boundary=\"b\"; charset=utf-8\nRemoveUser\n",
            kick.clone(),
        ),
        (
            "no-end",
            "boundary=b\nRemoveUser\n",
            format!("{app}{room}{users}"),
        ),
        ("no-boundary", "\nRemoveUser\n", kick.clone()),
        ("other-boundary", "boundary=c\nRemoveUser\n", kick),
        (
            "no-json",
            "boundary=b\nRemoveUser\n",
            format!("{}--b--\r\n", part("UserIds", json, "[")),
        ),
        (
            "twice",
            "boundary=b\nDescribeRooms\n",
            format!("{app}{app}--b--\r\n"),
        ),
        (
            "file",
            "boundary=b\nDescribeRooms\n",
            "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"x\"\r\n\
             Content-Type: text/plain; charset=utf-16\r\n\r\n\u{0}a\r\n--b--\r\n"
                .to_owned(),
        ),
        (
            "nested-json",
            "boundary=b\nKickUsers\n",
            format!(
                "{app}{}--b--\r\n",
                part("RoomId", json, "{\"a\":[[[[1e400]]]]}")
            ),
        ),
    ];
    let seed = |(name, head, body): (&str, &str, String)| {
        let bytes = [head.as_bytes(), body.as_bytes()].concat();
        ("api_multipart", name.to_owned(), bytes)
    };
    seeds.map(seed).into()
}
