// Has the messages and stacks of failures travel as payloads, which are encrypted. CommonJS: the SDK loads it by `require`.
const { DefaultFailureConverter } = require('@temporalio/common');

exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
