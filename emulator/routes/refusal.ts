/** An answer other than 200. A text is sent as text, as RunPod does for a body that is too large. */
export class Refusal extends Error {
  readonly httpStatus: number;
  readonly body: string | { readonly error: string };

  constructor(httpStatus: number, body: string | { readonly error: string }) {
    super(typeof body === 'string' ? body : body.error);
    this.httpStatus = httpStatus;
    this.body = body;
  }
}
