/**
 * Every error a tenant can see, as data. `message` is public: it may name parameters, limits and models, never the
 * content of a prompt. `retryable` says whether the same request can succeed later; such answers carry `retry-after`.
 *
 * Codes and wording follow OpenAI's where it has one, since client libraries and their users match on them.
 */
export const ERRORS = {
  invalid_json: entry(400, 'invalid_request_error', 'We could not parse the JSON body of your request.'),
  missing_required_parameter: entry(400, 'invalid_request_error', "Missing required parameter: '{name}'."),
  unknown_parameter: entry(400, 'invalid_request_error', 'Unrecognized request argument supplied: {name}'),
  unsupported_parameter: entry(400, 'invalid_request_error', "Unsupported parameter: '{name}' is not supported here."),
  unsupported_value: entry(400, 'invalid_request_error', "Unsupported value: '{name}' does not support {value} here."),
  invalid_type: entry(
    400,
    'invalid_request_error',
    "Invalid type for '{name}': expected {expected}, but got {received} instead.",
  ),
  invalid_value: entry(400, 'invalid_request_error', "Invalid value for '{name}': {reason}"),
  invalid_parameter_combination: entry(400, 'invalid_request_error', '{reason}'),
  structured_outputs_unavailable: entry(
    400,
    'invalid_request_error',
    "Structured outputs are not available here: the server runs without its compiled addon ('foretoken doctor' says how to get it).",
  ),
  context_length_exceeded: entry(400, 'invalid_request_error', '{reason}'),
  tools_unsupported: entry(
    400,
    'invalid_request_error',
    "The model `{model}` can't be told of tools: it has no chat template.",
  ),
  invalid_api_key: entry(
    401,
    'invalid_request_error',
    'Incorrect or missing API key. Pass it in the Authorization header: `Authorization: Bearer ftk_...`.',
  ),
  missing_scope: entry(
    403,
    'invalid_request_error',
    'You have insufficient permissions for this operation. Missing scopes: {scope}.',
  ),
  invalid_admin_key: entry(
    401,
    'invalid_request_error',
    'Incorrect or missing admin credential. Pass it in the Authorization header: `Authorization: Bearer fta_...`.',
  ),
  role_forbidden: entry(403, 'invalid_request_error', "The role '{role}' may not do this: it needs {permission}."),
  not_found: entry(404, 'invalid_request_error', 'There is no such {kind}.'),
  conflict: entry(409, 'invalid_request_error', '{reason}'),
  too_many_attempts: entry(
    429,
    'requests',
    'Too many wrong credentials came from this address; try again in a minute.',
    true,
  ),
  unauthorized_scrape: entry(401, 'invalid_request_error', 'This endpoint needs the metrics token.'),
  unknown_url: entry(404, 'invalid_request_error', 'Invalid URL ({method} {path})'),
  model_not_found: entry(
    404,
    'invalid_request_error',
    'The model `{model}` does not exist or you do not have access to it.',
  ),
  response_not_found: entry(404, 'invalid_request_error', "There is no stored response with the id '{id}'."),
  previous_response_not_found: entry(
    400,
    'invalid_request_error',
    "There is no stored response with the id '{id}', or what it went on from is gone.",
  ),
  item_not_found: entry(400, 'invalid_request_error', "There is no stored item with the id '{id}'."),
  storage_unavailable: entry(503, 'server_error', 'Stored responses cannot be reached right now; try again.', true),
  method_not_supported: entry(405, 'invalid_request_error', 'Not allowed to {method} on {path}; use {allowed}.'),
  idempotency_mismatch: entry(
    409,
    'invalid_request_error',
    'Another request was sent with this Idempotency-Key. Send this one with a key of its own.',
  ),
  idempotency_in_progress: entry(
    409,
    'invalid_request_error',
    'The request with this Idempotency-Key is still running; ask for its answer again shortly.',
    true,
  ),
  request_too_large: entry(413, 'invalid_request_error', 'The request body is larger than {bytesMax} bytes.'),
  rate_limit_exceeded: entry(
    429,
    'requests',
    'Rate limit reached: too many of your requests are waiting for this model. Try again shortly, or send fewer at once.',
    true,
  ),
  requests_per_minute: entry(
    429,
    'requests',
    'Rate limit reached on requests per minute: limit {limit}. Please try again in {seconds}s.',
    true,
    'rate_limit_exceeded',
  ),
  tokens_per_minute: entry(
    429,
    'tokens',
    'Rate limit reached on tokens per minute: limit {limit}, requested {requested}. Please try again in {seconds}s.',
    true,
    'rate_limit_exceeded',
  ),
  streams_max: entry(
    429,
    'requests',
    'Rate limit reached: {limit} requests may run at once. Try again when one has ended.',
    true,
    'rate_limit_exceeded',
  ),
  insufficient_quota: entry(
    429,
    'insufficient_quota',
    'You exceeded your current quota: the budget of this day or month is spent, or reserved by requests that still run.',
  ),
  internal_error: entry(500, 'server_error', 'The server had an error while processing your request.', true),
  stream_interrupted: entry(502, 'server_error', 'The connection to the model was lost before the answer ended.', true),
  budget_unavailable: entry(
    503,
    'server_error',
    'What is left of your budget cannot be checked right now; try again.',
    true,
  ),
  idempotency_unavailable: entry(503, 'server_error', 'Idempotency keys cannot be checked right now; try again.', true),
  authentication_unavailable: entry(503, 'server_error', 'API keys cannot be checked right now; try again.', true),
  no_worker: entry(503, 'server_error', 'No server is ready to run this model right now; try again.', true),
  overloaded: entry(503, 'server_error', 'The model is currently overloaded; try again later.', true),
  shutting_down: entry(503, 'server_error', 'This server is shutting down; try again.', true),
} as const

export type ErrorCode = keyof typeof ERRORS

/** The placeholders of a code's sentence, each with the text to put there. */
export type ErrorValues<Code extends ErrorCode> = Placeholders<(typeof ERRORS)[Code]['message']>

type Placeholders<Sentence extends string> = Sentence extends `${string}{${infer Name}}${infer Rest}`
  ? Record<Name, string> & Placeholders<Rest>
  : object

export interface ErrorEntry<Message extends string = string> {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 429 | 500 | 502 | 503
  readonly type: 'invalid_request_error' | 'requests' | 'tokens' | 'insufficient_quota' | 'server_error'
  readonly message: Message
  readonly retryable: boolean
  /** The code that clients read, where several sentences share OpenAI's one. */
  readonly code?: string
}

function entry<const Message extends string>(
  status: ErrorEntry['status'],
  type: ErrorEntry['type'],
  message: Message,
  retryable = false,
  code?: string,
): ErrorEntry<Message> {
  return { status, type, message, retryable, ...(code !== undefined && { code }) }
}
