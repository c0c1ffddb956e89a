"""deploy/aws/template.yaml as CloudFormation resolves it for given parameters."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

AWS = Path(__file__).parents[2] / "deploy" / "aws"
WITH_IAM = {"DatabaseResourceId": "db-ABC123"}
_GIVEN = {
    "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/conflict-pipeline:1",
    "VpcId": "vpc-1",
    "PrivateSubnetIds": ["subnet-1", "subnet-2"],
    "DatabaseHost": "db.example.org",
    "DatabaseName": "app",
    "DatabaseSecurityGroupId": "sg-database",
}
_PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "conflicts",
    "AWS::URLSuffix": "amazonaws.com",
}
_NOTHING = object()


class Template:
    """The resources whose conditions hold, by name.

    A reference to another resource is the text `<Name.Attribute>`.
    """

    def __init__(self, **parameters: Any) -> None:
        # Imported here, because each worker collects all tests and the import takes as long as Dagster's.
        from cfnlint.decode import cfn_yaml  # noqa: PLC0415

        self._text = cfn_yaml.load(str(AWS / "template.yaml"))
        defaults = {name: p["Default"] for name, p in self._text["Parameters"].items() if "Default" in p}
        self._values = {**defaults, **_GIVEN, **parameters, **_PSEUDO, "AWS::NoValue": _NOTHING}
        self.parameters, self.outputs = set(self._text["Parameters"]), set(self._text["Outputs"])
        assert self.parameters >= {*_GIVEN, *parameters}
        self.resources: dict[str, dict[str, Any]] = {
            name: self._resolve(resource)
            for name, resource in self._text["Resources"].items()
            if "Condition" not in resource or self._holds(resource["Condition"])
        }

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of each resource of a type, such as `AWS::IAM::Role`, by its name."""
        found = {name: r.get("Properties", {}) for name, r in self.resources.items() if r["Type"] == kind}
        assert found, kind
        return found

    def containers(self) -> dict[str, dict[str, Any]]:
        """Return the container of each task, by its name."""
        tasks = self.of_type("AWS::ECS::TaskDefinition").values()
        return {container["Name"]: container for task in tasks for container in task["ContainerDefinitions"]}

    def environment(self, container: str) -> dict[str, str]:
        """Return the variables of a container that are not secret."""
        return {pair["Name"]: str(pair["Value"]) for pair in self.containers()[container]["Environment"]}

    def secrets(self, container: str) -> dict[str, str]:
        """Return the variables of a container that ECS reads from secrets, with their sources."""
        return {pair["Name"]: str(pair["ValueFrom"]) for pair in self.containers()[container]["Secrets"]}

    def statements(self) -> Iterator[tuple[str, list[str], list[str]]]:
        """Yield each statement of the roles' policies: role, actions, resources."""
        for role, properties in self.of_type("AWS::IAM::Role").items():
            for policy in properties.get("Policies", []):
                for statement in policy["PolicyDocument"]["Statement"]:
                    assert statement["Effect"] == "Allow"
                    yield role, _as_list(statement["Action"]), _as_list(statement["Resource"])

    def _holds(self, condition: str) -> bool:
        return bool(self._resolve(self._text["Conditions"][condition]))

    def _resolve(self, node: Any) -> Any:
        if isinstance(node, list):
            return [value for item in node if (value := self._resolve(item)) is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((function, argument),) = node.items()
            if function in _FUNCTIONS:
                return _FUNCTIONS[function](self, argument)
        resolved = {name: self._resolve(value) for name, value in node.items()}
        return {name: value for name, value in resolved.items() if value is not _NOTHING}

    def _ref(self, name: str) -> Any:
        return self._values.get(name, f"<{name}>")

    def _sub(self, argument: Any) -> str:
        text, values = argument if isinstance(argument, list) else (argument, {})
        return re.sub(
            r"\$\{([^}]+)\}", lambda m: str(self._resolve(values.get(m[1], {"Ref": m[1]}))), str(text)
        )

    def _if(self, argument: list[Any]) -> Any:
        condition, yes, no = argument
        return self._resolve(yes if self._holds(condition) else no)


_FUNCTIONS: dict[str, Any] = {
    "Ref": Template._ref,
    "Fn::GetAtt": lambda _, path: f"<{'.'.join(path)}>",
    "Fn::Sub": Template._sub,
    "Fn::If": Template._if,
    "Fn::Equals": lambda self, pair: self._resolve(pair[0]) == self._resolve(pair[1]),
    "Fn::Not": lambda self, pair: not self._resolve(pair[0]),
    "Fn::Join": lambda self, pair: pair[0].join(self._resolve(pair[1])),
}


def _as_list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
