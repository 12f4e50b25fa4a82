/** A boat whose waterline is at (x, y), 110 pixels long at size 1. */
export function sailingBoat(x: number, y: number, size: number, hull: string, sail: string): string {
  return `<g transform="translate(${x} ${y}) scale(${size})">
    <path d="M-52 -12H58L40 12H-38Z" fill="${hull}"/><path d="M-52 -12H58L56 -8H-49Z" fill="#fff" opacity=".85"/>
    <rect x="-1.5" y="-150" width="3" height="140" fill="#5b4030"/>
    <path d="M4 -146C34 -100 46 -60 50 -24H4Z" fill="${sail}"/><path d="M4 -106C20 -96 30 -80 38 -66M4 -64L46 -44" stroke="#000" stroke-opacity=".12" fill="none"/>
    <path d="M-5 -138C-20 -96 -34 -56 -44 -24H-5Z" fill="${sail}" opacity=".82"/>
    <path d="M0 -150L16 -144L0 -138Z" fill="${hull}"/></g>`;
}
