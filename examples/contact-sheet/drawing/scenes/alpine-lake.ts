import {
  between,
  ground,
  HEIGHT as H,
  path,
  pine,
  type Random,
  range,
  reflect,
  ridge,
  ripples,
  sky,
  times,
  WIDTH as W,
  wash,
} from '../scenery.js';

export function alpineLake(random: Random): string {
  const summits = [
    [-20, 250],
    [130, 118],
    [235, 232],
    [330, 190],
    [470, 58],
    [600, 214],
    [690, 122],
    [790, 240],
    [900, 150],
    [980, 220],
  ] as const;
  const peaks = range(random, summits, 20, 0.56);
  const snowline = peaks.map(([x, y]) => [x, y + Math.max(0, 250 - y) * between(random, 0.28, 0.62)] as const);
  const shade = range(random, summits, 20, 0.56).map(([x, y]) => [x + 16, y + 44] as const);
  const mountains = `${ground(peaks, 372, '#7d8ca3')}${ground(shade, 372, '#52627b', 'opacity=".5"')}
    <path d="${path(peaks)}${path([...snowline].reverse()).replace('M', 'L')}Z" fill="#f6f9fc"/>
    ${times(90, () => {
      const [x, y] = peaks[Math.floor(random() * peaks.length)] ?? [0, 0];
      const fall = between(random, 30, 110);
      return `<path d="M${x} ${y + 4}l${between(random, 4, 26)} ${fall * 0.5}l${between(random, -14, 10)} ${fall * 0.5}" stroke="#43536b" stroke-width="${between(random, 1, 4)}" opacity=".35" fill="none"/>`;
    })}`;
  const hills = ground(ridge(random, [0, 330], [W, 345], 24, 0.5), 372, '#2f4f4b');
  const forest = times(120, (at) =>
    pine(
      random,
      at * 8.2 + between(random, -4, 4),
      374,
      between(random, 26, 62),
      random() < 0.5 ? '#1d3b34' : '#274a3d',
    ),
  );
  const shore = `${mountains}${hills}${forest}`;
  return `${sky('#2e6fb5', '#7fb4e0', '#dcebf2', '#dcebf2')}${shore}
    ${wash('lake', { y: 374, width: W, height: H - 374 }, ['#7fa9b8', '#3d7d92', '#1d5167', '#123c50'])}
    ${reflect(shore, 374, 0.34)}
    ${ripples(random, { top: 380, bottom: H, left: 0, right: W }, 300, ['#dff0f2', '#123c50', '#9cc7cf'])}
    ${times(5, (at) => pine(random, 40 + at * 42 + between(random, -10, 10), 660, between(random, 210, 330), '#10261f'))}
    ${times(3, (at) => pine(random, 830 + at * 52, 668, between(random, 190, 270), '#132c24'))}`;
}
