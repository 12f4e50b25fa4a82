/** What hosts results may be fetched from, as `capture` of jobrelay.yaml says it. */
export interface HostPolicy {
  /** `cdn.example.com`, `*.example.com` for all below it; with a port where it is not the usual one. */
  readonly hosts: readonly string[];
  /** Of them, those that may be reached by http and at addresses that are not public. */
  readonly insecureHosts: readonly string[];
}

/** Why a URL is not fetched; undefined where it may be. */
export function whyNotUrl(text: string, policy: HostPolicy): string | undefined {
  if (!URL.canParse(text)) return 'it is no URL';
  const url = new URL(text);
  const named = withoutSecrets(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return `${named} is not https`;
  if (url.username || url.password) return `${named} holds a user or a password`;
  if (!isListed(url, policy.hosts) && !isListed(url, policy.insecureHosts)) {
    return `${named} is not on a host of capture.hosts: add ${url.host} there if results come from it`;
  }
  if (url.protocol === 'http:' && !isListed(url, policy.insecureHosts)) {
    return `${named} is not https: add ${url.host} to capture.insecureHosts if it must be read so`;
  }
  return undefined;
}

/** @param text - a URL that {@link whyNotUrl} has nothing against */
export function isInsecureHost(text: string, { insecureHosts }: HostPolicy): boolean {
  return isListed(new URL(text), insecureHosts);
}

/** A URL for messages: signatures stand in the query. */
export function withoutSecrets(text: string): string {
  if (!URL.canParse(text)) return 'an address';
  const { protocol, host, pathname, search } = new URL(text);
  const path = pathname.length > 120 ? `${pathname.slice(0, 120)}…` : pathname;
  return `${protocol}//${host}${path}${search ? '?…' : ''}`;
}

function isListed({ hostname, port }: URL, hosts: readonly string[]): boolean {
  return hosts.some((entry) => {
    const [, pattern = '', ofEntry = ''] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    if (ofEntry !== port) return false;
    return pattern.startsWith('*.') ? hostname.endsWith(pattern.slice(1)) : hostname === pattern;
  });
}
