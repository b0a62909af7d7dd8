//! The parameters of a call, in the forms in which the SDKs send them: pure.
//!
//! JSON has types; a query and a form have none, and write lists as `UserIds.0`, `UserIds.1`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::error::{ApiError, ErrorCode};

/// More than this many parameters nobody sends.
const MAX_PARAMETERS: usize = 200;

/// The parameters of a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameters {
    values: Map<String, Value>,
    /// Whether numbers came as text.
    untyped: bool,
}

/// A parameter is of another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrongType;

impl Parameters {
    /// Those of a JSON body.
    pub(super) fn from_json(body: &[u8]) -> Result<Self, ApiError> {
        let values = serde_json::from_slice(body).map_err(|error| {
            let message = format!("the body is no JSON object: {error}");
            ApiError::new(ErrorCode::InvalidParameter, message)
        })?;
        let untyped = false;
        Ok(Self { values, untyped })
    }

    /// Those of a query or a form.
    pub(super) fn from_pairs(pairs: Vec<(String, String)>) -> Result<Self, ApiError> {
        let invalid = |message| ApiError::new(ErrorCode::InvalidParameter, message);
        let mut lists: BTreeMap<String, BTreeMap<usize, Value>> = BTreeMap::new();
        let mut values = Map::new();
        for (name, value) in pairs {
            let indexed = name.rsplit_once('.').and_then(|(list, place)| {
                let place: usize = place.parse().ok()?;
                Some((list.to_owned(), place))
            });
            let earlier = match indexed {
                Some((list, place)) => {
                    let list = lists.entry(list).or_default();
                    list.insert(place, Value::String(value))
                }
                None => values.insert(name.clone(), Value::String(value)),
            };
            if earlier.is_some() {
                return Err(invalid(format!("the parameter {name:?} is there twice")));
            }
        }
        for (name, list) in lists {
            let list = list.into_values().collect();
            if values.insert(name.clone(), list).is_some() {
                return Err(invalid(format!("the parameter {name:?} is there twice")));
            }
        }
        let untyped = true;
        Ok(Self { values, untyped })
    }

    /// The pairs of a query or of a body of the type `application/x-www-form-urlencoded`.
    pub(super) fn pairs(encoded: &[u8]) -> Result<Vec<(String, String)>, ApiError> {
        let pairs = form_urlencoded::parse(encoded).into_owned();
        let pairs: Vec<(String, String)> = pairs.take(MAX_PARAMETERS + 1).collect();
        if pairs.len() > MAX_PARAMETERS {
            let message = format!("more than {MAX_PARAMETERS} parameters");
            return Err(ApiError::new(ErrorCode::InvalidParameter, message));
        }
        Ok(pairs)
    }

    /// Those of a body of the type `multipart/form-data`. A part that says it is JSON is taken for that,
    /// which is how the SDKs send lists.
    pub(super) async fn from_multipart(content_type: &str, body: &[u8]) -> Result<Self, ApiError> {
        let broken = |error: multer::Error| {
            let message = format!("the multipart body cannot be read: {error}");
            ApiError::new(ErrorCode::InvalidRequest, message)
        };
        let boundary = multer::parse_boundary(content_type).map_err(broken)?;
        let body = bytes::Bytes::copy_from_slice(body);
        let whole = futures_util::stream::iter([Ok::<_, std::io::Error>(body)]);
        let mut parts = multer::Multipart::new(whole, boundary);
        let (mut pairs, mut typed) = (Vec::new(), Map::new());
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            if pairs.len() + typed.len() >= MAX_PARAMETERS {
                let message = format!("more than {MAX_PARAMETERS} parameters");
                return Err(ApiError::new(ErrorCode::InvalidParameter, message));
            }
            let name = part.name().unwrap_or_default().to_owned();
            let content = part.content_type();
            let is_json = content.is_some_and(|kind| kind.essence_str() == "application/json");
            let text = part.text().await.map_err(broken)?;
            if is_json {
                let value = serde_json::from_str(&text).map_err(|error| {
                    let message = format!("the part {name:?} is no JSON: {error}");
                    ApiError::new(ErrorCode::InvalidParameter, message)
                })?;
                typed.insert(name, value);
            } else {
                pairs.push((name, text));
            }
        }
        let mut parameters = Self::from_pairs(pairs)?;
        parameters.values.extend(typed);
        Ok(parameters)
    }

    /// Takes out those of these names, which every call has.
    pub(super) fn without(mut self, names: &[&str]) -> Self {
        self.values
            .retain(|name, _| !names.contains(&name.as_str()));
        self
    }

    /// The names of those that are there.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// A whole number; TencentCloud takes `null` for a parameter that is missing.
    pub(super) fn number(&self, name: &str) -> Result<Option<i128>, WrongType> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let number = match value {
            Value::Number(number) => number.as_i128(),
            Value::String(text) if self.untyped => text.parse().ok(),
            Value::Null
            | Value::Bool(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => None,
        };
        number.map(Some).ok_or(WrongType)
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, WrongType> {
        match self.value(name) {
            None => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or(WrongType),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<&str>>, WrongType> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let list = value.as_array().ok_or(WrongType)?;
        let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
        texts.map(Some).ok_or(WrongType)
    }

    /// Whether this parameter is a number, so that a room can be told from one of the same digits.
    pub(super) fn is_number(&self, name: &str) -> bool {
        self.value(name).is_some_and(Value::is_number)
    }

    /// All of them, as one text that two calls share only if they ask for the same.
    pub(super) fn fingerprint(&self) -> String {
        // The map is in the order of the names.
        Value::Object(self.values.clone()).to_string()
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_query(query: &str) -> Result<Parameters, ApiError> {
        Parameters::from_pairs(Parameters::pairs(query.as_bytes())?)
    }

    #[test]
    fn a_query_has_no_types_and_json_has() {
        let query = from_query("RoomId=7&UserIds.1=b&UserIds.0=a%20b&Name=%E9").unwrap();
        assert_eq!(query.number("RoomId"), Ok(Some(7)));
        assert_eq!(query.text("RoomId"), Ok(Some("7")));
        assert_eq!(query.texts("UserIds"), Ok(Some(vec!["a b", "b"])));
        assert_eq!(query.number("Name"), Err(WrongType));
        assert_eq!(query.number("None"), Ok(None));
        let json = Parameters::from_json(br#"{"RoomId":"7","UserIds":[1],"Null":null}"#).unwrap();
        assert_eq!(json.number("RoomId"), Err(WrongType));
        assert_eq!(json.texts("UserIds"), Err(WrongType));
        assert_eq!(json.texts("Null"), Ok(None));
    }

    #[test]
    fn a_parameter_that_is_there_twice_is_no_parameter() {
        for query in ["A=1&A=2", "A.0=1&A.0=2", "A=1&A.0=2", "A.0=1&A.00=2"] {
            let error = from_query(query).unwrap_err();
            assert_eq!(error.code.as_str(), "InvalidParameter", "{query}");
        }
        let many = "A&".repeat(201);
        assert!(from_query(&many).is_err());
    }

    #[tokio::test]
    async fn a_multipart_body_holds_texts_and_json() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"RoomId\"\r\n\r\n7\r\n\
                    --b\r\nContent-Disposition: form-data; name=\"UserIds\"\r\n\
                    Content-Type: application/json\r\n\r\n[\"a\"]\r\n--b--\r\n";
        let content_type = "multipart/form-data; boundary=b";
        let read = Parameters::from_multipart(content_type, body.as_bytes()).await;
        let read = read.unwrap();
        assert_eq!(read.number("RoomId"), Ok(Some(7)));
        assert_eq!(read.texts("UserIds"), Ok(Some(vec!["a"])));
        for (content_type, body) in [
            ("multipart/form-data", body),
            (content_type, "--b\r\nnonsense"),
            (content_type, ""),
        ] {
            let error = Parameters::from_multipart(content_type, body.as_bytes()).await;
            assert_eq!(error.unwrap_err().code.as_str(), "InvalidRequest", "{body}");
        }
    }
}
