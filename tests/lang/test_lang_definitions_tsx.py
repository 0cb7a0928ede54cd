"""Definitions of TypeScript with JSX."""

from indexers.definitions import find_definitions
from indexers.types import Definition

SOURCE = b"""interface Props { label: string }

/** A button that counts. */
export function Counter({ label }: Props) {
  const [count, setCount] = useState(0);
  const onClick = () => setCount(count + 1);
  return <button onClick={() => onClick()}>{label}</button>;
}

export const Panel: React.FC<Props> = ({ label }) => <div>{label}</div>;

export const Item = React.memo((props: Props) => {
  return <li>{props.label}</li>;
});
"""

EXPECTED = [
    ("class", "", "Props"),
    ("name", "", "label"),
    ("function", "", "Counter"),
    ("function", "", "onClick"),
    ("function", "", "Panel"),
    ("function", "", "Item"),
]


def find(name: str) -> Definition:
    found = [one for one in find_definitions("tsx", SOURCE) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def test_tsx_definitions_have_role_scope_and_name() -> None:
    found = find_definitions("tsx", SOURCE)
    assert [(one.role, one.scope, one.name) for one in found] == EXPECTED


def test_tsx_definitions_carry_signature_and_documentation() -> None:
    assert (find("Counter").signature, find("Counter").documentation) == (
        "function Counter({ label }: Props)",
        "A button that counts.",
    )
    assert (find("Item").signature, find("Item").documentation) == ("const Item = React.memo((props: Props)", "")
