/**
 * Stand-ins for the models, for `jobrelay dev --handlers out/handlers.js`. Nobody serves `transcribe-large`, so that its
 * jobs are not taken in time, and the second transcriber gets them.
 */
import type { EndpointDefinition } from 'jobrelay/testing';

const CALLS: Readonly<Record<string, { readonly language: string; readonly text: string }>> = {
  'calls/order-17.mp3': {
    language: 'de',
    text: 'Mein Boot ist blau statt rot. Ich hätte gern mein Geld zurück.\n\nDie Nummer ist 17.',
  },
  'calls/order-18.mp3': { language: 'en', text: 'The boat came today, and it is lovely. Thank you.' },
};

const ENGLISH: Readonly<Record<string, string>> = {
  'Mein Boot ist blau statt rot. Ich hätte gern mein Geld zurück.': 'My boat is blue, not red. I would like a refund.',
  'Die Nummer ist 17.': 'The number is 17.',
};

export const endpoints: Readonly<Record<string, EndpointDefinition>> = {
  transcribe: {
    handler(input) {
      const { file_url: recording } = input as { file_url: string };
      const call = CALLS[recording];
      if (call === undefined) throw new Error(`there is no recording ${recording}`);
      return call;
    },
  },
  translate: {
    handler(input) {
      const { text } = input as { text: string };
      return {
        text: text
          .split('\n\n')
          .map((part) => ENGLISH[part] ?? part)
          .join('\n\n'),
      };
    },
  },
  summarise: {
    handler(input) {
      const { text } = input as { text: string };
      return { line: text.split('. ')[0] ?? '' };
    },
  },
  answer: {
    handler(input) {
      const { summary } = input as { summary: readonly string[] };
      return { text: `We are sorry: ${summary[0]}. Your refund is on its way.` };
    },
  },
};
