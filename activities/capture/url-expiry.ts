/**
 * When a signed URL stops working, in milliseconds since the epoch; undefined where it does not say. Signatures of AWS
 * (version 4) and Google name a date and seconds; CloudFront, and AWS's version 2, a time; Azure `se`.
 */
export function expiryOf(url: string): number | undefined {
  if (!URL.canParse(url)) return undefined;
  const query = new Map([...new URL(url).searchParams].map(([name, value]) => [name.toLowerCase(), value]));
  for (const signer of ['x-amz', 'x-goog']) {
    const signedAt = parseBasicDate(query.get(`${signer}-date`) ?? '');
    const seconds = Number(query.get(`${signer}-expires`));
    if (signedAt !== undefined && seconds > 0) return signedAt + seconds * 1000;
  }
  const time = Number(query.get('expires'));
  if (time > 1_000_000_000 && time < 100_000_000_000) return time * 1000;
  const azure = Date.parse(query.get('se') ?? '');
  return Number.isNaN(azure) ? undefined : azure;
}

/** `20260722T120000Z` */
function parseBasicDate(text: string): number | undefined {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const time = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  return Number.isNaN(time) ? undefined : time;
}
