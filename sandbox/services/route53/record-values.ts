import { isIPv4, isIPv6 } from 'node:net';
import type { RecordSet } from './model.ts';

const name = /^(?:[A-Za-z0-9_*-]|\\[0-7]{3}|\.)+$/;
const quoted = /^"(?:[^"\\]|\\.)*"(?:\s+"(?:[^"\\]|\\.)*")*$/s;

/** For the types whose values the service is strict about: what a value is, and how a bad one is called. */
const formats: Readonly<Record<string, readonly [test: (value: string) => boolean, problem: string]>> = {
  A: [isIPv4, 'ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)'],
  AAAA: [isIPv6, 'AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)'],
  CNAME: [(value) => name.test(value), 'DomainLabelInvalid (Value is not a valid domain name)'],
  NS: [(value) => name.test(value), 'DomainLabelInvalid (Value is not a valid domain name)'],
  PTR: [(value) => name.test(value), 'DomainLabelInvalid (Value is not a valid domain name)'],
  TXT: [
    (value) => quoted.test(value),
    'InvalidCharacterString (Value should be enclosed in quotation marks)',
  ],
  SPF: [
    (value) => quoted.test(value),
    'InvalidCharacterString (Value should be enclosed in quotation marks)',
  ],
  MX: [(value) => /^\d{1,5}\s+\S+$/.test(value), 'MXRRDATANotTwoFields (MX record has to be two fields)'],
  SRV: [
    (value) => /^\d{1,5}\s+\d{1,5}\s+\d{1,5}\s+\S+$/.test(value),
    'SRVRRDATANotFourFields (SRV record has to be four fields)',
  ],
};

/** What is wrong with the values of one record set, in the service's words. */
export function valueProblems({ Type, ResourceRecords = [] }: RecordSet): string[] {
  const problems: string[] = [];
  const values = ResourceRecords.map(({ Value = '' }) => Value);
  const format = Object.hasOwn(formats, Type) ? formats[Type] : undefined;
  for (const value of values) {
    if (format && !format[0](value))
      problems.push(`Invalid Resource Record: 'FATAL problem: ${format[1]} encountered with '${value}''`);
  }
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) problems.push(`Duplicate Resource Record: '${twice}'`);
  if (Type === 'CNAME' && values.length > 1)
    problems.push('Invalid Resource Record: a record set of type CNAME may hold one value only');
  return problems;
}
