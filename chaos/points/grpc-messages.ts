/** Reads what a gRPC client sends, so that a message can be held back before it arrives. Just enough of HTTP/2 for that. */
import { gunzipSync } from 'node:zlib';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const FRAME_HEAD = 9;
const DATA = 0;
const PADDED = 0x8;
/** A flag and a length before each message (gRPC over HTTP/2, "Length-Prefixed-Message"). */
const MESSAGE_HEAD = 5;

/** The messages of one connection, in the order of their ends. Texts in them can be searched: payloads are JSON. */
export class GrpcMessages {
  #unread = Buffer.alloc(0);
  #isOpen = false;
  readonly #streams = new Map<number, Buffer>();

  /** The messages that are complete with these bytes. */
  take(chunk: Buffer): string[] {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    if (!this.#isOpen) {
      if (this.#unread.length < PREFACE.length) return [];
      this.#isOpen = true;
      if (this.#unread.subarray(0, PREFACE.length).equals(PREFACE))
        this.#unread = this.#unread.subarray(PREFACE.length);
    }
    const messages: string[] = [];
    for (;;) {
      if (this.#unread.length < FRAME_HEAD) return messages;
      const end = FRAME_HEAD + this.#unread.readUIntBE(0, 3);
      if (this.#unread.length < end) return messages;
      const [type, flags] = [this.#unread.readUInt8(3), this.#unread.readUInt8(4)];
      const stream = this.#unread.readUInt32BE(5) & 0x7fff_ffff;
      const payload = this.#unread.subarray(FRAME_HEAD, end);
      this.#unread = this.#unread.subarray(end);
      if (type === DATA) messages.push(...this.#data(stream, unpadded(payload, flags)));
    }
  }

  #data(stream: number, bytes: Buffer): string[] {
    let rest = Buffer.concat([this.#streams.get(stream) ?? Buffer.alloc(0), bytes]);
    const messages: string[] = [];
    while (rest.length >= MESSAGE_HEAD) {
      const end = MESSAGE_HEAD + rest.readUInt32BE(1);
      if (rest.length < end) break;
      const body = rest.subarray(MESSAGE_HEAD, end);
      messages.push((rest.readUInt8(0) === 1 ? gunzipSync(body) : body).toString('latin1'));
      rest = rest.subarray(end);
    }
    if (rest.length > 0) this.#streams.set(stream, rest);
    else this.#streams.delete(stream);
    return messages;
  }
}

function unpadded(payload: Buffer, flags: number): Buffer {
  if ((flags & PADDED) === 0) return payload;
  return payload.subarray(1, payload.length - payload.readUInt8(0));
}
