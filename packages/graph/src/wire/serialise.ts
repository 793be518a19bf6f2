import { GraphError } from '../error.ts'
import { type Attribute, dataTypeCode, type Graph, type Initialiser, type Node, type Value } from '../ir.ts'
import { modelProto } from './schema.ts'

/** Protobuf messages end at 2 GiB; leave room for the graph beside the weights. */
const weightBytesMax = 2 ** 31 - 2 ** 24

/**
 * The graph as an ONNX model file (IR version 10, opset 20, ONNX Runtime's contrib operators).
 *
 * Weights are viewed, then copied once into the result. Throws GraphError when they exceed protobuf's 2 GiB.
 */
export function serialise(graph: Graph): Uint8Array {
  const bytes = graph.initialisers.reduce((total, { data }) => total + data.byteLength, 0)
  if (bytes > weightBytesMax) {
    const size = (bytes / 2 ** 30).toFixed(2)
    throw new GraphError(`${graph.name}: ${size} GiB of weights exceed the 2 GiB that one ONNX file can hold`)
  }
  return modelProto
    .encode({
      irVersion: 10,
      producerName: 'foretoken',
      opsetImport: [
        { domain: '', version: 20 },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph: {
        name: graph.name,
        node: graph.nodes.map(nodeMessage),
        initializer: graph.initialisers.map(tensorMessage),
        input: graph.inputs.map(valueMessage),
        output: graph.outputs.map(valueMessage),
      },
    })
    .finish()
}

const nodeMessage = (node: Node) => ({
  name: node.name,
  opType: node.op,
  domain: node.domain,
  input: node.inputs.map((input) => input?.name ?? ''),
  output: node.outputs.map((output) => output.name),
  attribute: Object.entries(node.attributes).map(attributeMessage),
})

function attributeMessage([name, attribute]: [string, Attribute]) {
  switch (attribute.kind) {
    case 'float':
      return { name, type: 1, f: attribute.value }
    case 'int':
      return { name, type: 2, i: attribute.value }
    case 'string':
      return { name, type: 3, s: new TextEncoder().encode(attribute.value) }
    case 'ints':
      return { name, type: 7, ints: attribute.value }
  }
}

const tensorMessage = ({ value, data }: Initialiser) => ({
  name: value.name,
  dataType: dataTypeCode[value.dtype],
  dims: value.shape,
  rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
})

const valueMessage = ({ name, dtype, shape }: Value) => ({
  name,
  type: {
    tensorType: {
      elemType: dataTypeCode[dtype],
      shape: { dim: shape.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })) },
    },
  },
})
