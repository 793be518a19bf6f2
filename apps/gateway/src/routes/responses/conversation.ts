import {
  ApiError,
  type ChatMessage,
  type ConversationItem,
  inputItemSchema,
  type ResponsesRequest,
  toChatMessages,
} from '@foretoken/protocol'
import { z } from 'zod'
import type { StoredResponse } from '../../store.ts'
import { responseOfItem } from './output.ts'
import type { StoredResponses } from './stored.ts'

export interface Conversation {
  readonly messages: ChatMessage[]
  /** What is new in this request, as it is stored: without references. */
  readonly input: readonly ConversationItem[]
}

type Responses = Pick<StoredResponses, 'chain' | 'find'>

/** What a request's model is to read: its instructions, what it goes on from, and its input. */
export async function conversationOf(
  request: ResponsesRequest,
  tenantId: string,
  store: Responses,
): Promise<Conversation> {
  const { instructions, previous_response_id: previousId } = request
  const before = previousId === undefined ? [] : await itemsBefore(previousId, tenantId, store)
  const input = await withoutReferences(request, tenantId, store)
  const told: ConversationItem[] = instructions === undefined ? [] : [messageOf(instructions)]
  const known = [...told, ...before]
  return { messages: toChatMessages([...known, ...input], known.length), input }
}

/** Instructions are those of this request alone, as OpenAI has it. */
function messageOf(content: string): ConversationItem {
  return { type: 'message', role: 'system', content }
}

async function itemsBefore(id: string, tenantId: string, store: Responses): Promise<ConversationItem[]> {
  const param = 'previous_response_id'
  const { responses, extent } = await store.chain(tenantId, id)
  if (extent === 'gone') throw new ApiError('previous_response_not_found', { values: { id: shown(id) }, param })
  if (extent === 'cut') {
    throw new ApiError('context_length_exceeded', { values: { reason: 'What this goes on from is too long.' }, param })
  }
  return responses.reverse().flatMap(({ input, response }) => [...itemsIn(input), ...itemsIn(outputOf(response))])
}

/** Clients that know a stored item by its id alone send that. */
async function withoutReferences(
  { input }: ResponsesRequest,
  tenantId: string,
  store: Responses,
): Promise<ConversationItem[]> {
  const items: ConversationItem[] = []
  const loaded = new Map<string, StoredResponse | null>()
  for (const [at, item] of input.entries()) {
    if (item.type !== 'item_reference') items.push(item)
    else items.push(await referredItem(item.id, `input[${at}].id`, { tenantId, store, loaded }))
  }
  return items
}

interface Loading {
  readonly tenantId: string
  readonly store: Responses
  readonly loaded: Map<string, StoredResponse | null>
}

async function referredItem(
  id: string,
  param: string,
  { tenantId, store, loaded }: Loading,
): Promise<ConversationItem> {
  const responseId = responseOfItem(id)
  if (responseId !== null && !loaded.has(responseId)) {
    loaded.set(responseId, await store.find(tenantId, responseId))
  }
  const response = responseId === null ? null : loaded.get(responseId)
  const found = response && outputOf(response.response).find((item) => identified.safeParse(item).data?.id === id)
  const [item] = found ? itemsIn([found]) : []
  if (!item) throw new ApiError('item_not_found', { values: { id: shown(id) }, param })
  return item
}

const identified = z.looseObject({ id: z.string() })
const answered = z.looseObject({ output: z.array(z.unknown()) })

function outputOf(response: StoredResponse['response']): unknown[] {
  return answered.parse(response).output
}

function itemsIn(items: readonly unknown[]): ConversationItem[] {
  return items.map((item) => inputItemSchema.parse(item)).filter((item) => item.type !== 'item_reference')
}

/** Ids are ours, so what else a client sends in their place is not repeated. */
export function shown(id: string): string {
  return /^[a-z]{1,8}_\w{1,64}$/.test(id) ? id : '…'
}
