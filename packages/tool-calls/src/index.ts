/**
 * Tools: how a model is told of functions, how it writes calls of them, and how those are read back.
 *
 * Core idea: a form of calls is data (`form.ts`), and which one a model has is found out by rendering its template
 * once, at the worker's start (`readToolTemplate`). A template that knows tools gets them as it wants them. Any other
 * gets them as text, in the words and tags of Hermes, so that every model with a template can be asked; how well it
 * answers is the model's affair.
 *
 * Calls are read from text, where the answer is put together (the gateway), and not from tokens: an answer that moved to
 * another worker is text that goes on. `ToolCallReader` is pure and incremental.
 *
 * Where a worker has the compiled addon, answers to requests with tools follow a grammar (`toolGrammar`): calls are
 * written as the reader expects them, with arguments by their schemas.
 *
 * Invariants: however an answer is cut into pieces, what is read is the same. A call is told of once it is certain: a
 * function of the request is named and its arguments have begun. Whatever else looks like a call is content, to the last
 * character. Arguments are what the model wrote, byte by byte; where nothing constrained it they need not be JSON, and
 * a call that was cut short by a limit has the arguments that it got.
 *
 * Failure: nothing here throws but a template that refuses a conversation. State: a reader's own.
 */
export * from './form.ts'
export { type CallableFunction, type ToolGrammarOptions, toolGrammar } from './grammar.ts'
export * from './reader.ts'
export { readToolTemplate, type ToolTemplate } from './template.ts'
