import { html, raw } from 'hono/html'
import type { DocumentedOperation, OpenApiDocument } from './document.ts'

/** Nothing but the page itself: no script, no font, no picture, from here or from elsewhere. */
export const PAGE_HEADERS = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

interface Entry {
  readonly method: string
  readonly path: string
  readonly operation: DocumentedOperation
}

/** The document for people: every operation with what it takes, gives, and how it fails. */
export function renderPage(document: OpenApiDocument) {
  const entries = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Entry => ({ method, path, operation })),
  )
  const sections = document.tags.map((tag) => {
    const name = String(tag.name)
    return {
      name,
      about: String(tag.description),
      entries: entries.filter(({ operation }) => operation.tags[0] === name),
    }
  })
  const schemas = new Map(Object.entries(document.components.schemas))
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Foretoken API</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <nav aria-label="Operations">
          ${sections.map(
            ({ name, entries: own }) =>
              html`<h2>${name}</h2>
                <ul>
                  ${own.map(({ operation: { operationId } }) => html`<li><a href="#${operationId}">${operationId}</a></li>`)}
                </ul>`,
          )}
        </nav>
        <main>
          <h1>Foretoken API</h1>
          <p>The same for programs: <a href="/openapi.json">openapi.json</a> (OpenAPI ${document.openapi}).</p>
          ${sections.map(
            ({ name, about, entries: own }) =>
              html`<section>
                <h2>${name}</h2>
                <p>${about}.</p>
                ${own.map((entry) => renderOperation(entry, schemas))}
              </section>`,
          )}
        </main>
      </body>
    </html>`
}

type Schemas = ReadonlyMap<string, unknown>

function renderOperation({ method, path, operation }: Entry, schemas: Schemas) {
  const { operationId, description, parameters = [], requestBody, responses } = operation
  return html`<article id="${operationId}">
    <h3><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code></h3>
    <p>${description}</p>
    ${
      parameters.length > 0
        ? html`<h4>Parameters</h4>
            <dl>
              ${parameters.map(
                ({ name, in: where, required, schema }) =>
                  html`<dt><code>${name}</code> <small>${where}${required ? ', required' : ''}</small></dt>
                    <dd><code>${JSON.stringify(schema)}</code></dd>`,
              )}
            </dl>`
        : ''
    }
    ${requestBody ? html`<h4>Body</h4>${renderContent(requestBody.content, schemas)}` : ''}
    <h4>Answers</h4>
    ${Object.entries(responses).map(
      ([status, { description: what, content }]) =>
        html`<p class="status"><b>${status}</b> ${what}</p>
          ${Number(status) < 300 ? renderContent(content, schemas) : ''}`,
    )}
  </article>`
}

function renderContent(content: DocumentedOperation['responses'][string]['content'], schemas: Schemas) {
  return Object.entries(content).map(([type, { schema }]) => {
    const name = typeof schema.$ref === 'string' ? (schema.$ref.split('/').at(-1) ?? '') : ''
    return html`<details>
      <summary>${type}</summary>
      <pre>${JSON.stringify(schemas.get(name) ?? schema, null, 2)}</pre>
    </details>`
  })
}

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { margin: 0; display: grid; grid-template-columns: 16rem minmax(0, 1fr) }
  nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; box-sizing: border-box }
  nav ul { list-style: none; margin: 0; padding: 0 }
  nav h2 { font-size: 1rem }
  main { padding: 1rem 2rem; max-width: 60rem }
  article { border-top: 1px solid #8886; padding: 0.5rem 0 1rem }
  h3 { font-size: 1.1rem }
  dt { margin-top: 0.5rem }
  pre { overflow: auto; padding: 1rem; border: 1px solid #8886 }
  code { overflow-wrap: anywhere }
  .method { font: bold 0.8rem monospace; border: 1px solid; padding: 0.1rem 0.4rem }
  .status { margin: 0.5rem 0 0 }
  @media (max-width: 50rem) { body { display: block } nav { position: static; height: auto } }
`
