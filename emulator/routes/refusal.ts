/** An answer other than 200. A text is sent as text, as RunPod does for a body that is too large. */
export class Refusal extends Error {
  readonly httpStatus: number;
  readonly body: RefusalBody;
  readonly headers: Readonly<Record<string, string>>;

  constructor(httpStatus: number, body: RefusalBody, headers: Readonly<Record<string, string>> = {}) {
    super(typeof body === 'string' ? body : body.error);
    this.httpStatus = httpStatus;
    this.body = body;
    this.headers = headers;
  }
}

export type RefusalBody = string | { readonly error: string };
