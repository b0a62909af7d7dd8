// An operator with the official Node SDK: reads a call a line, answers a line, both in JSON.
"use strict";

const readline = require("readline");
const { trtc } = require("tencentcloud-sdk-nodejs/tencentcloud/services/trtc");

function client(call) {
  return new trtc.v20190722.Client({
    credential: { secretId: call.secret_id, secretKey: call.secret_key },
    region: "ap-beijing",
    profile: {
      signMethod: call.signature,
      httpProfile: {
        protocol: "http://",
        endpoint: call.endpoint,
        reqMethod: call.method,
        reqTimeout: 20,
      },
    },
  });
}

async function answer(call) {
  const made = client(call);
  if (call.action in made) {
    return made[call.action](call.parameters);
  }
  return made.request(call.action, call.parameters);
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let said;
    try {
      said = { answer: await answer(JSON.parse(line)) };
    } catch (error) {
      said = {
        exception: error.constructor.name,
        code: error.code,
        message: error.message,
        request_id: error.requestId,
      };
    }
    console.log(JSON.stringify(said));
  }
}

main();
