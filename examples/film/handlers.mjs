// Stand-ins for three endpoints: what they make is text, so that the example needs nothing.
export const endpoints = {
  draw: { handler: ({ title }) => ({ image: `a picture of ${title}` }) },
  speak: { handler: ({ text }) => ({ audio: `a voice that says "${text}"` }) },
  join: { handler: ({ parts }) => ({ reel: parts.join(', then ') }) },
};
