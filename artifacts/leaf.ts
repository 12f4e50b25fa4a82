/** A string of a value as bytes of its own, and back, so that the same characters return. */
import { fileTypeFromBuffer } from 'file-type';
import type { JsonValue } from '../job-api/json.js';
import { ArtifactReferenceInvalid } from './errors.js';
import { isMediaType } from './reference.js';
import type { ArtifactRef } from './store.js';

/** Shorter strings are not looked into: a reference is hardly shorter, and a signature of few bytes proves little. */
export const MIN_FILE_CHARS = 1024;

/** What to store for a string. */
export type LeafContent = Pick<ArtifactRef, 'encoding' | 'mediaType'> & { readonly bytes: Uint8Array };

const DATA_URL_HEAD = /^data:([^,]{1,255});base64,/;

/**
 * How a string is stored: as the file it encodes, where its bytes have a known signature and encode to the same
 * characters again; as text where it is over `leafMaxBytes` in UTF-8; else not at all (undefined).
 */
export async function leafContent(text: string, leafMaxBytes: number): Promise<LeafContent | undefined> {
  const file = text.length >= MIN_FILE_CHARS ? await fileContent(text) : undefined;
  if (file !== undefined) return file;
  if (Buffer.byteLength(text) <= leafMaxBytes) return undefined;
  // A lone surrogate has no UTF-8 form, but JSON can escape it.
  return /\p{Surrogate}/u.test(text)
    ? jsonContent(JSON.stringify(text))
    : { bytes: Buffer.from(text), mediaType: 'text/plain', encoding: 'text' };
}

/** A JSON text as content. */
export function jsonContent(json: string): LeafContent {
  return { bytes: Buffer.from(json), mediaType: 'application/json', encoding: 'json' };
}

async function fileContent(text: string): Promise<LeafContent | undefined> {
  const [head, declared] = DATA_URL_HEAD.exec(text) ?? ['', undefined];
  if (declared !== undefined && !isMediaType(declared)) return undefined;
  const base64 = text.slice(head.length);
  // Prose fails here, before all of it is decoded.
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]{16}/.test(base64)) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) return undefined;
  const detected = await signatureOf(bytes);
  if (detected === undefined) return undefined;
  return declared === undefined
    ? { bytes, mediaType: detected, encoding: 'base64' }
    : { bytes, mediaType: declared, encoding: 'data-url' };
}

async function signatureOf(bytes: Uint8Array): Promise<string | undefined> {
  try {
    const mediaType = (await fileTypeFromBuffer(bytes))?.mime;
    return mediaType !== undefined && isMediaType(mediaType) ? mediaType : undefined;
  } catch {
    // A file that breaks off or lies about its parts: as good as no file.
    return undefined;
  }
}

/** The value that stored bytes stand for. Throws {@link ArtifactReferenceInvalid} where they are not what `ref` says. */
export function leafValue(bytes: Uint8Array, ref: ArtifactRef): JsonValue {
  if (bytes.byteLength !== ref.bytes) {
    throw new ArtifactReferenceInvalid(
      `a reference to artifact ${ref.sha256} says ${ref.bytes} bytes, but it has ${bytes.byteLength}`,
    );
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (ref.encoding) {
    case 'base64':
      return buffer.toString('base64');
    case 'data-url':
      return `data:${ref.mediaType};base64,${buffer.toString('base64')}`;
    case 'text':
      return read(ref, () => decodeUtf8(buffer));
    case 'json':
      return read(ref, () => JSON.parse(decodeUtf8(buffer)));
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

function read(ref: ArtifactRef, decode: () => JsonValue): JsonValue {
  try {
    return decode();
  } catch (cause) {
    throw new ArtifactReferenceInvalid(
      `a reference says that artifact ${ref.sha256} is ${ref.encoding}, but it is not`,
      {
        cause,
      },
    );
  }
}
