//! Whoever runs the rooms.

use exeunt_room_service::{
    DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_SECRET_ID, DEVELOPMENT_SECRET_KEY, Secret, ServerApiClient,
    ServerApiError,
};

/// The operator of the room service at this address (host and port), with the development keys.
pub fn operator(address: &str) -> Result<ServerApiClient, ServerApiError> {
    ServerApiClient::new(
        &format!("http://{address}"),
        DEVELOPMENT_SDK_APP_ID,
        DEVELOPMENT_SECRET_ID,
        Secret::new(DEVELOPMENT_SECRET_KEY),
    )
}
