/** Which addresses a download may go to. What an output names was chosen by somebody else: it must reach nothing of ours. */
import type { LookupAddress } from 'node:dns';
import { BlockList, isIP } from 'node:net';

/** Special-purpose addresses (IANA's registries): of this machine, of private networks, of clouds' metadata, of nobody. */
const SPECIAL = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  SPECIAL.addSubnet(network, prefix, 'ipv4');
}
// Only 2000::/3 is given out; of it, what carries an IPv4 address in itself may lead anywhere.
const GLOBAL_V6 = new BlockList();
GLOBAL_V6.addSubnet('2000::', 3, 'ipv6');
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  SPECIAL.addSubnet(network, prefix, 'ipv6');
}

/** True for an address that anybody on the internet could ask as well. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !SPECIAL.check(address, 'ipv4');
    case 6:
      return GLOBAL_V6.check(address, 'ipv6') && !SPECIAL.check(address, 'ipv6');
    default:
      return false;
  }
}

/** The first that may be asked. All must be: a name with one private address is a trap. */
export function whyNotAddresses(addresses: readonly LookupAddress[]): string | undefined {
  if (addresses.length === 0) return 'has no address';
  const wrong = addresses.find(({ address }) => !isPublicAddress(address));
  return wrong && `leads to ${wrong.address}, which is no public address`;
}
