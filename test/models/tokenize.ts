import { getLlama, LlamaLogLevel } from 'node-llama-cpp'

/** llama.cpp's own tokenizer of a GGUF file; special text becomes special tokens. */
export async function llamaTokenizer(path: string): Promise<(text: string) => number[]> {
  const quiet = { progressLogs: false, logLevel: LlamaLogLevel.error }
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 1, ...quiet })
  const model = await llama.loadModel({ modelPath: path, vocabOnly: true })
  return (text) => model.tokenize(text, true).map(Number)
}

/** Texts in which tokenizers come apart. */
export const TEXTS: readonly string[] = [
  'Hello, world! How are you today?',
  ' leading, trailing ',
  '  two  spaces   and    more     ',
  '\n\n\nthree newlines\n\n and\r\nothers\r\r\n \n  \n',
  '\tif (x >= 10) {\n\t\treturn a[0] + 1;\n\t}\n',
  'def f(n: int) -> list[str]:\n    return [str(i) for i in range(n)]\n\n\nprint(f(12))\n',
  'In 1969, 3.14159 and 1,000,000 or 0x1F; 12 345 6789',
  "I'm, you're, we'll, they'd, it's, I've, don't; I'M, YOU'RE, 'tis",
  'naïve café – “quoted” … 50 % of 20 €',
  '東京は日本の首都です。 Привет, мир! مرحبا بالعالم שלום',
  '🙂🙃 👨‍👩‍👧 e\u0301 ½ ² Ⅷ ٣',
  "SELECT name, COUNT(*) FROM t WHERE a<>b AND c != 'd' GROUP BY 1;",
  '{"name":"x","values":[1,2.5,-3e8],"ok":true,"none":null}',
  'https://example.com/a/b?c=d&e=f#g user@example.org',
  '<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n',
  '<|im_end|><|endoftext|> <|im_',
  '<jupyter_code>x<repo_name>',
  'a\u00a0b\u2003c\u200bd\ufeffe',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa================--------',
]
