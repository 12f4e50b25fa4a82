import type { LoadedDataConverter, Payload } from '@temporalio/common';

/** The value of a payload as an answer of the server holds it, where the SDK does not read it itself. */
export async function decodePayload(
  payload: Payload,
  { payloadCodecs, payloadConverter }: LoadedDataConverter,
): Promise<unknown> {
  let payloads = [payload];
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
  const [decoded] = payloads;
  return decoded && payloadConverter.fromPayload(decoded);
}
