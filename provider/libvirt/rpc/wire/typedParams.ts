import {
  VIR_NET_MESSAGE_STRING_MAX,
  VIR_TYPED_PARAM_BOOLEAN,
  VIR_TYPED_PARAM_DOUBLE,
  VIR_TYPED_PARAM_INT,
  VIR_TYPED_PARAM_LLONG,
  VIR_TYPED_PARAM_STRING,
  VIR_TYPED_PARAM_UINT,
  VIR_TYPED_PARAM_ULLONG,
} from "../constants.gen";
import { type Codec, string, struct } from "./codec";
import { XdrError } from "./xdr";

/** The value of a virTypedParameter; `type` is the C name without `VIR_TYPED_PARAM_`, in lower case. */
export type TypedParamValue =
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "uint"; readonly value: number }
  | { readonly type: "llong"; readonly value: bigint }
  | { readonly type: "ullong"; readonly value: bigint }
  | { readonly type: "double"; readonly value: number }
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string };

export interface TypedParam {
  readonly field: string;
  readonly value: TypedParamValue;
}

const typedParamValue: Codec<TypedParamValue> = {
  read: (reader) => {
    const type = reader.int();
    switch (type) {
      case VIR_TYPED_PARAM_INT:
        return { type: "int", value: reader.int() };
      case VIR_TYPED_PARAM_UINT:
        return { type: "uint", value: reader.uint() };
      case VIR_TYPED_PARAM_LLONG:
        return { type: "llong", value: reader.hyper() };
      case VIR_TYPED_PARAM_ULLONG:
        return { type: "ullong", value: reader.uhyper() };
      case VIR_TYPED_PARAM_DOUBLE:
        return { type: "double", value: reader.double() };
      case VIR_TYPED_PARAM_BOOLEAN:
        return { type: "boolean", value: reader.int() !== 0 };
      case VIR_TYPED_PARAM_STRING:
        return { type: "string", value: reader.string(VIR_NET_MESSAGE_STRING_MAX) };
      default:
        throw new XdrError(`${type} is not a type of a typed parameter`);
    }
  },
  write: (writer, param) => {
    switch (param.type) {
      case "int":
        return void writer.int(VIR_TYPED_PARAM_INT).int(param.value);
      case "uint":
        return void writer.int(VIR_TYPED_PARAM_UINT).uint(param.value);
      case "llong":
        return void writer.int(VIR_TYPED_PARAM_LLONG).hyper(param.value);
      case "ullong":
        return void writer.int(VIR_TYPED_PARAM_ULLONG).uhyper(param.value);
      case "double":
        return void writer.int(VIR_TYPED_PARAM_DOUBLE).double(param.value);
      case "boolean":
        return void writer.int(VIR_TYPED_PARAM_BOOLEAN).int(param.value ? 1 : 0);
      case "string":
        return void writer.int(VIR_TYPED_PARAM_STRING).string(param.value, VIR_NET_MESSAGE_STRING_MAX);
    }
  },
};

export const remoteTypedParam: Codec<TypedParam> = struct<TypedParam>({
  field: string(VIR_NET_MESSAGE_STRING_MAX),
  value: typedParamValue,
});

/** `param.int("cpu_shares", 512)`: the one way to write a typed parameter down. */
export const param = {
  int: (field: string, value: number): TypedParam => ({ field, value: { type: "int", value } }),
  uint: (field: string, value: number): TypedParam => ({ field, value: { type: "uint", value } }),
  llong: (field: string, value: bigint): TypedParam => ({ field, value: { type: "llong", value } }),
  ullong: (field: string, value: bigint): TypedParam => ({ field, value: { type: "ullong", value } }),
  double: (field: string, value: number): TypedParam => ({ field, value: { type: "double", value } }),
  boolean: (field: string, value: boolean): TypedParam => ({ field, value: { type: "boolean", value } }),
  string: (field: string, value: string): TypedParam => ({ field, value: { type: "string", value } }),
};
