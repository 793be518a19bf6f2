import type { FirstKey } from '../platform/first-key.ts'

interface Ready {
  readonly urls: readonly string[]
  readonly models: readonly string[]
  readonly first: FirstKey | null
  readonly adminKey: string | null
}

/** What a person needs once the platform serves, down to a request that can be pasted as it is. */
export function banner({ urls, models, first, adminKey }: Ready): string {
  const [url = ''] = urls
  const [model = ''] = models
  const lines = [
    '',
    'Foretoken is ready.',
    '',
    ...urls.map((each, at) => `  ${at === 0 ? 'URL' : '   '}      ${each}/v1`),
    `  Model    ${models.join(', ')}`,
    `  Tenant   ${first?.tenantId ?? 'the first one is disabled; see `foretoken tenant list`'}`,
    `  API key  ${first?.apiKey ?? 'make one with `foretoken key create`'}`,
    ...(adminKey === null ? [] : [`  Admin    ${url}/admin/v1, credential in ${adminKey}`]),
    '',
    'Try it:',
    '',
    curl(url, model, first?.apiKey ?? '$FORETOKEN_API_KEY'),
    '',
    'Stop it with Ctrl-C.',
  ]
  return lines.join('\n')
}

function curl(url: string, model: string, apiKey: string): string {
  const body = {
    model,
    messages: [{ role: 'user', content: 'Table data(name, city, age)\nQuestion: Who lives in Lisbon?' }],
    temperature: 0,
    stream: true,
    speculation: { metrics: true },
  }
  return [
    `  curl -N ${url}/v1/chat/completions \\`,
    `    -H "Authorization: Bearer ${apiKey}" \\`,
    `    -H "Content-Type: application/json" \\`,
    `    -d '${JSON.stringify(body)}'`,
  ].join('\n')
}
