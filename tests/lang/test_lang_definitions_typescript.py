"""Definitions of TypeScript."""

from indexers.definitions import find_definitions
from indexers.types import Definition

SOURCE = b"""import { Reader } from './reader';

/** How a stream ends. */
export enum End { Clean, Broken = 'broken' }

export interface Source<T> extends Reader {
  readonly name: string;
  read(size: number): Promise<T>;
}

export type Options = { size: number; onEnd?: (end: End) => void };
export type Id = string | number;

export abstract class Stream<T> implements Source<T> {
  private chunks: T[] = [];
  name = 'stream';
  constructor(private readonly size: number) { super(); }
  @logged()
  async read(size: number): Promise<T> { return this.next(size); }
  abstract next(size: number): T;
  close = (end: End): void => {};
}

export function pipe(from: string): void;
export function pipe(from: any): void {}

declare module 'legacy' {
  function open(path: string): void;
}
namespace Wire.V2 { export const VERSION = 2; export function encode() {} }
declare const BUILD: string;
export default () => new Map();
"""

EXPECTED = [
    ("class", "", "End"),
    ("name", "", "Clean"),
    ("name", "", "Broken"),
    ("class", "", "Source"),
    ("name", "", "name"),
    ("name", "", "read"),
    ("class", "", "Options"),
    ("name", "", "size"),
    ("name", "", "onEnd"),
    ("name", "", "Id"),
    ("class", "", "Stream"),
    ("name", "", "chunks"),
    ("name", "", "name"),
    ("method", "", "constructor"),
    ("method", "", "read"),
    ("method", "", "next"),
    ("method", "", "close"),
    ("name", "", "pipe"),
    ("function", "", "pipe"),
    ("module", "", "legacy"),
    ("name", "", "open"),
    ("module", "", "Wire.V2"),
    ("name", "", "VERSION"),
    ("function", "", "encode"),
    ("name", "", "BUILD"),
    ("function", "", "default"),
]


def find(name: str) -> Definition:
    found = [one for one in find_definitions("typescript", SOURCE) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def test_typescript_definitions_have_role_scope_and_name() -> None:
    found = find_definitions("typescript", SOURCE)
    assert [(one.role, one.scope, one.name) for one in found] == EXPECTED


def test_typescript_definitions_carry_signature_and_documentation() -> None:
    assert (find("End").signature, find("End").documentation) == ("enum End", "How a stream ends.")
    assert (find("read").signature, find("read").documentation) == ("async read(size: number): Promise<T>", "")
    assert (find("pipe").signature, find("pipe").documentation) == ("function pipe(from: any): void", "")
