/** The request that tests start from. */
export const PATH = '/v1/chat/completions'
export const chat = {
  model: 'scripted',
  messages: [{ role: 'user' as const, content: 'Which customers ordered twice?' }],
  max_tokens: 5,
  seed: 42,
}
