import { StoreUnavailable } from '../errors.js';

const REFUSED = new Set(['AccessDenied', 'Forbidden', 'AllAccessDisabled']);
const BAD_KEYS = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidToken',
  'SignatureDoesNotMatch',
]);

interface Answer {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
}

/** The status of an answer of S3, undefined where there was none. */
export function statusOf(error: unknown): number | undefined {
  return (Object(error) as Answer).$metadata?.httpStatusCode;
}

/** True for an object, or an upload, that is not there. A bucket that is not there is another matter, where S3 says so. */
export function isNotThere(error: unknown): boolean {
  return statusOf(error) === 404 && (Object(error) as Answer).name !== 'NoSuchBucket';
}

/** What S3, or the way to it, did not do, in words that say what to do. */
export function toStoreUnavailable(error: unknown, location: string, bucket: string, doing: string): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  const { problem, remedy } = explain(Object(error) as Answer, bucket, doing);
  return new StoreUnavailable(location, problem, remedy, { cause: error });
}

function explain(answer: Answer, bucket: string, doing: string): { readonly problem: string; readonly remedy: string } {
  const { name = 'Error', message = '', code } = answer;
  if (name === 'NoSuchBucket') {
    return {
      problem: `there is no bucket "${bucket}"`,
      remedy: 'make it, or correct artifacts.bucket, region or endpoint',
    };
  }
  if (BAD_KEYS.has(name)) {
    return {
      problem: `its keys are missing or wrong (${name})`,
      remedy:
        'set the variables that artifacts.accessKeyId and secretAccessKey name, or without those AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role',
    };
  }
  if (REFUSED.has(name) || statusOf(answer) === 403) {
    return {
      problem: `the keys may not ${doing} (${name})`,
      remedy:
        `allow them s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket and, for uploads in parts, ` +
        `s3:AbortMultipartUpload and s3:ListBucketMultipartUploads on bucket "${bucket}"`,
    };
  }
  if (/region is missing/i.test(message)) {
    return { problem: 'no region is set', remedy: 'set artifacts.region, or AWS_REGION' };
  }
  if (name === 'PermanentRedirect' || statusOf(answer) === 301) {
    return { problem: `bucket "${bucket}" is in another region`, remedy: 'set artifacts.region to it' };
  }
  const what = statusOf(answer) === undefined ? (code ?? name) : `${statusOf(answer)} ${name}`;
  return {
    problem: `could not ${doing}: ${what}${message && message !== name ? `, ${message.slice(0, 300)}` : ''}`,
    remedy: 'see whether its endpoint is right and answers',
  };
}
