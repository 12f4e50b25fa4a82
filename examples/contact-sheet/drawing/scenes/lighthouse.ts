import { between, ground, HEIGHT as H, type Random, range, ripples, sky, times, WIDTH as W, wash } from '../scenery.js';

export function lighthouse(random: Random): string {
  const cliff = range(
    random,
    [
      [330, H],
      [430, 540],
      [520, 478],
      [700, 452],
      [W, 420],
    ],
    9,
    0.6,
  );
  const stripes = times(3, (at) => {
    const y = 190 + at * 84;
    return `<path d="M${728 - 4 * at - 8} ${y}H${792 + 4 * at + 8}L${795 + 4 * at + 8} ${y + 42}H${725 - 4 * at - 8}Z" fill="#c9392f"/>`;
  });
  const rocks = times(26, () => {
    const x = between(random, 380, 900);
    const y = between(random, 560, 632);
    const r = between(random, 10, 34);
    return `<path d="M${x - r} ${y + r * 0.5}L${x - r * 0.5} ${y - r * 0.4}L${x + r * 0.4} ${y - r * 0.5}L${x + r} ${y + r * 0.5}Z" fill="${random() < 0.5 ? '#3a3f46' : '#555b62'}"/>`;
  });
  const grass = times(240, () => {
    const x = between(random, 560, W);
    const y = between(random, 440, 500);
    return `<path d="M${x} ${y}q2 -9 ${between(random, -4, 8)} -15" stroke="${random() < 0.5 ? '#7e9a52' : '#52713c'}" stroke-width="1.6" fill="none"/>`;
  });
  const clouds = times(14, () => {
    const x = between(random, 0, W);
    const y = between(random, 60, 250);
    return `<ellipse cx="${x}" cy="${y}" rx="${between(random, 60, 150)}" ry="${between(random, 8, 20)}" fill="#fff" opacity="${between(random, 0.15, 0.5)}"/>`;
  });
  return `${sky('#3f86c2', '#8fc0e0', '#d9ecf3', '#e9f3f2')}${clouds}
    ${wash('sea', { y: 390, width: W, height: 250 }, ['#6fa9c4', '#2f7299', '#1c5277'])}
    ${ripples(random, { top: 394, bottom: H, left: 0, right: W }, 520, ['#ffffff', '#bfe0ea', '#1c5277'])}
    ${ground(cliff, H, '#6c6257')}${ground(
      cliff.map(([x, y]) => [x, y + 34] as const),
      H,
      '#544b43',
    )}${ground(
      cliff.map(([x, y]) => [x + 14, y + 92] as const),
      H,
      '#453e38',
    )}
    ${ground(
      cliff.filter(([, y]) => y < 516).map(([x, y]) => [x, y - 6] as const),
      520,
      '#5f7f45',
      'opacity=".55"',
    )}${grass}
    <path d="M728 150H792L812 452H708Z" fill="#f5f1e8"/><path d="M768 150H792L812 452H776Z" fill="#000" opacity=".13"/>${stripes}
    <rect x="716" y="140" width="88" height="10" fill="#2d3138"/><rect x="734" y="100" width="52" height="40" fill="#ffe9a6"/>
    <path d="M747 100V140M760 100V140M773 100V140" stroke="#2d3138" stroke-width="3"/><path d="M726 100L760 68L794 100Z" fill="#9d2a24"/><rect x="758" y="52" width="4" height="18" fill="#2d3138"/>
    <path d="M748 452V414a12 12 0 0 1 24 0V452Z" fill="#4a3a30"/><rect x="754" y="250" width="12" height="20" fill="#39424c"/>
    <rect x="850" y="402" width="86" height="52" fill="#f0e6d6"/><path d="M842 404L893 366L944 404Z" fill="#a8483a"/><rect x="868" y="420" width="16" height="16" fill="#39424c"/><rect x="902" y="420" width="16" height="34" fill="#4a3a30"/>
    ${rocks}${ripples(random, { top: 596, bottom: H, left: 300, right: 900 }, 90, ['#ffffff', '#e8f4f6'])}
    ${times(7, () => {
      const x = between(random, 90, 560);
      const y = between(random, 120, 320);
      return `<path d="M${x - 12} ${y}q6 -9 12 0q6 -9 12 0" stroke="#39424c" stroke-width="2" fill="none"/>`;
    })}`;
}
