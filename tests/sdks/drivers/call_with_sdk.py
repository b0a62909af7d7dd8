"""An operator with the official Python SDK: reads a call a line, answers a line, both in JSON."""

import json
import sys

from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.trtc.v20190722 import models, trtc_client


def client(call):
    http = HttpProfile(
        protocol="http",
        endpoint=call["endpoint"],
        reqMethod=call["method"],
        reqTimeout=20,
    )
    profile = ClientProfile(signMethod=call["signature"], httpProfile=http)
    profile.unsignedPayload = call["unsigned_payload"]
    keys = credential.Credential(call["secret_id"], call["secret_key"])
    return trtc_client.TrtcClient(keys, "ap-beijing", profile)


def answer(call):
    action, parameters = call["action"], call["parameters"]
    made = client(call)
    if call["multipart"]:
        text = made.call(action, parameters, options={"IsMultipart": True})
        return json.loads(text)["Response"]
    if not hasattr(made, action):
        return made.call_json(action, parameters)["Response"]
    request = getattr(models, action + "Request")()
    request.from_json_string(json.dumps(parameters))
    return json.loads(getattr(made, action)(request).to_json_string())


for line in sys.stdin:
    try:
        said = {"answer": answer(json.loads(line))}
    except TencentCloudSDKException as error:
        said = {
            "exception": type(error).__name__,
            "code": error.get_code(),
            "message": str(error.get_message()),
            "request_id": error.get_request_id(),
        }
    print(json.dumps(said), flush=True)
