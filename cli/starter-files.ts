/** What `jobrelay init` writes: a project that runs as it is, on handlers of its own, and says where real endpoints go. */
export const STARTER_FILES: Readonly<Record<string, string>> = {
  'jobrelay.yaml': `# The endpoints that pipelines name. Check it and all around it with: jobrelay doctor
version: 1
endpoints:
  # Functions of handlers.mjs, for now. A real endpoint is <provider>/<endpoint id>, of a provider like
  #   providers: { runpod: { dialect: runpod, apiKey: "\${RUNPOD_API_KEY}" } }   (or submodel, or gateway)
  loud: local/loud
  join: local/join
`,
  'handlers.mjs': `// Two endpoints of this machine: an input in, an output out. jobrelay dev reads them as it starts.
export const endpoints = {
  loud: { handler: ({ text }) => ({ text: text.toUpperCase() }) },
  join: { handler: ({ texts }) => ({ text: texts.join(' ') }) },
};
`,
  'shout.yaml': `# Shouts every word, then joins them. See what it would do with: jobrelay plan shout.yaml
version: 1
name: shout
input:
  type: object
  required: [words]
  properties: { words: { type: array, items: { type: string } } }
steps:
  shouted:
    forEach: "{% $input.words %}" # one job per word, four at a time
    concurrency: 4
    endpoint: loud
    input: { text: "{% $item %}" }
    retry: { handler: 1 }
  sentence: # after them all, since it refers to them
    endpoint: join
    input: { texts: "{% [$steps.shouted.output.text] %}" }
output: "{% $steps.sentence.output.text %}"
`,
};

/** What to call in the folder, each in a terminal of its own. */
export const STARTER_COMMANDS: readonly string[] = [
  'jobrelay dev --handlers handlers.mjs',
  `jobrelay run shout.yaml --input '{"words": ["durable", "jobs"]}'`,
];
