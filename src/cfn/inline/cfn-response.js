// Answers CloudFormation for a custom resource. CloudFormation puts it beside source in a template
// that requires it; what it has and prints is as "cfn-response module" of its User Guide shows.
const https = require("https");

exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";

exports.send = (event, context, responseStatus, responseData, physicalResourceId, noEcho) => {
  const body = JSON.stringify({
    Status: responseStatus,
    Reason: "See the details in CloudWatch Log Stream: " + context.logStreamName,
    PhysicalResourceId: physicalResourceId || context.logStreamName,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    NoEcho: noEcho || false,
    Data: responseData,
  });
  console.log("Response body:\n", body);
  const headers = { "content-type": "", "content-length": Buffer.byteLength(body) };
  const request = https.request(event.ResponseURL, { method: "PUT", headers }, (answer) => {
    answer.resume();
    console.log("Status code: " + answer.statusCode);
    context.done();
  });
  request.on("error", (error) => {
    console.log("send(..) failed executing https.request(..): " + error);
    context.done();
  });
  request.end(body);
};
