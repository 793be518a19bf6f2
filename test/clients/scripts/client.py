"""What the official Python client asks; prints what it got as JSON."""

import json
import os

from openai import OpenAI

QUESTION = "I am looking for a psychologist in Lafayette."
RESULT = '{"name": "Dr. Hill"}'
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "type": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
ANSWER = {
    "type": "object",
    "properties": {"intent": {"type": "string", "maxLength": 20}, "sure": {"type": "boolean"}},
    "required": ["intent", "sure"],
    "additionalProperties": False,
}

client = OpenAI(base_url=os.environ["BASE_URL"], api_key=os.environ["API_KEY"], max_retries=0)
model = os.environ["MODEL"]
messages = [{"role": "user", "content": QUESTION}]
asked = {"model": model, "temperature": 0, "max_completion_tokens": 100}
function = {"name": "FindProvider", "description": "Finds a provider in a city", "parameters": PARAMETERS, "strict": True}
tools = [{"type": "function", "function": function}]


def called(call) -> dict:
    return {"name": call.function.name, "arguments": json.loads(call.function.arguments)}


whole = client.chat.completions.create(messages=messages, **asked)
streamed = ""
for chunk in client.chat.completions.create(messages=messages, stream=True, **asked):
    if chunk.choices:
        streamed += chunk.choices[0].delta.content or ""

calling = client.chat.completions.create(messages=messages, tools=tools, tool_choice="required", **asked)
message = calling.choices[0].message
with client.chat.completions.stream(messages=messages, tools=tools, **asked) as stream:
    streamed_call = stream.get_final_completion().choices[0].message.tool_calls[0]
result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": RESULT}
answered = client.chat.completions.create(messages=[*messages, message, result], tools=tools, **asked)
structured = client.chat.completions.create(
    messages=[{"role": "user", "content": "Set an alarm for seven."}],
    response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": ANSWER, "strict": True}},
    **asked,
)

request = {"model": model, "tools": [{"type": "function", **function}], "temperature": 0, "max_output_tokens": 100}
response = client.responses.create(input=QUESTION, **request)
item = next(item for item in response.output if item.type == "function_call")
output = {"type": "function_call_output", "call_id": item.call_id, "output": RESULT}
with client.responses.stream(input=[output], previous_response_id=response.id, **request) as stream:
    following = stream.get_final_response()

print(
    json.dumps(
        {
            "text": whole.choices[0].message.content,
            "streamed": streamed,
            "call": called(message.tool_calls[0]),
            "streamedCall": called(streamed_call),
            "answered": answered.choices[0].message.content,
            "structured": json.loads(structured.choices[0].message.content),
            "response": {
                "call": {"name": item.name, "arguments": json.loads(item.arguments)},
                "answered": following.output_text,
            },
        }
    )
)
