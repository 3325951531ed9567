"use strict";
// The module cfn-response of inline code: answers a custom resource's request.
//
// Put beside index.js where a template has the code in ZipFile, as on AWS ("cfn-response module", CloudFormation user
// guide, which documents the arguments and what is sent). Written by Calotype. An ES module imports "./cfn-response.js".

exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";

// PUTs the body; resolves with the status of the answer. The signature of the address covers an empty content-type.
function put(address, body) {
  const { protocol, hostname, port, pathname, search } = new URL(address);
  const headers = { "content-type": "", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const request = require(protocol.slice(0, -1)).request({ hostname, port, path: pathname + search, method: "PUT", headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    request.on("error", reject);
    request.end(body);
  });
}

// Ends the invocation once the answer is there, by context.done; what it returns settles then, for handlers that
// await it (Node.js 24 has no context.done). What goes wrong is logged and not thrown, as with AWS's module: the
// stack then waits for an answer until its time is over.
exports.send = function (event, context, responseStatus, responseData, physicalResourceId, noEcho) {
  const answer = {
    Status: responseStatus,
    Reason: `See the details in CloudWatch Log Stream: ${context.logStreamName}`,
    PhysicalResourceId: physicalResourceId || context.logStreamName,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    NoEcho: noEcho || false,
    Data: responseData,
  };
  console.log("Response body:\n", JSON.stringify(noEcho ? { ...answer, Data: "****" } : answer));
  return put(event.ResponseURL, JSON.stringify(answer)).then(
    (status) => console.log(`Status code: ${status}`),
    (error) => console.log(`send(..) failed executing https.request(..): ${error}`),
  ).then(() => context.done?.());
};
