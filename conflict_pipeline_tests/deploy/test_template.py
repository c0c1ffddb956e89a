"""Properties of deploy/aws/template.yaml that cfn-lint does not check."""

import importlib.metadata
import re
from typing import Any

import pytest
import yaml

from conflict_pipeline.settings import Settings
from conflict_pipeline_tests.deploy.template import AWS, WITH_IAM, Template

# AWS offers no narrower resource than "*" for these.
WITHOUT_A_RESOURCE = {
    "ecr:GetAuthorizationToken",
    "ecs:DescribeTaskDefinition",
    "ec2:DescribeNetworkInterfaces",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}
either_way = pytest.mark.parametrize("parameters", [{}, WITH_IAM], ids=["passwords", "iam"])


def roles_that(template: Template, action: str, resource: str) -> set[str]:
    """Return the roles that may do `action` on a resource whose name contains `resource`."""
    return {
        role
        for role, actions, resources in template.statements()
        if action in actions and any(resource in named for named in resources)
    }


def variables_of_the_files() -> set[str]:
    """Return the variables that dagster.yaml and workspace.yaml read."""
    text = "".join((AWS / name).read_text() for name in ("dagster.yaml", "workspace.yaml"))
    return set(re.findall(r"env: (\w+)", text))


@either_way
def test_no_role_has_a_wildcard_that_could_be_narrower(parameters: dict[str, str]) -> None:
    everywhere = {
        action
        for _, actions, resources in Template(**parameters).statements()
        for action in actions
        if "*" in resources
    }
    assert everywhere == WITHOUT_A_RESOURCE
    assert not [a for _, actions, _ in Template(**parameters).statements() for a in actions if "*" in a]


def test_only_code_server_and_runs_may_log_in_as_the_worker() -> None:
    passwords, iam = Template(), Template(**WITH_IAM)

    assert roles_that(iam, "rds-db:connect", "/conflict_worker") == {"CodeServerRole", "RunRole"}
    assert roles_that(iam, "rds-db:connect", "/conflict_owner") == {"OwnerRole"}
    assert not roles_that(passwords, "rds-db:connect", "")


def test_only_runs_write_reports_and_only_the_daemon_starts_tasks() -> None:
    template = Template()

    assert roles_that(template, "s3:PutObject", "/reports/") == {"RunRole"}
    assert roles_that(template, "ecs:RunTask", "") == {"DaemonRole"}
    assert roles_that(template, "iam:PassRole", "") == {"DaemonRole"}
    assert not roles_that(template, "iam:PassRole", "OwnerRole")


def test_no_container_may_read_a_secret_itself() -> None:
    assert roles_that(Template(), "secretsmanager:GetSecretValue", "") == {"ExecutionRole"}
    for task in Template().of_type("AWS::ECS::TaskDefinition").values():
        assert task["ExecutionRoleArn"] == "<ExecutionRole.Arn>" != task["TaskRoleArn"]


def test_storage_is_encrypted_with_the_key_of_the_stack() -> None:
    template = Template()
    keys = [
        *(secret["KmsKeyId"] for secret in template.of_type("AWS::SecretsManager::Secret").values()),
        *(group["KmsKeyId"] for group in template.of_type("AWS::Logs::LogGroup").values()),
    ]
    (topic,) = template.of_type("AWS::SNS::Topic").values()
    (bucket,) = template.of_type("AWS::S3::Bucket").values()
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert {*keys, rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]} == {"<Key.Arn>"}
    assert topic["KmsMasterKeyId"] == "<Key.Arn>"
    assert all(bucket["PublicAccessBlockConfiguration"].values())


def ingress(template: Template) -> set[tuple[str, int, str]]:
    """Return the rules: group, port, source."""
    rules = set()
    for name, group in template.of_type("AWS::EC2::SecurityGroup").items():
        for rule in group.get("SecurityGroupIngress", []):
            rules.add((f"<{name}>", rule["FromPort"], rule.get("CidrIp") or rule["SourceSecurityGroupId"]))
    for rule in template.of_type("AWS::EC2::SecurityGroupIngress").values():
        assert rule["FromPort"] == rule["ToPort"]
        rules.add((rule["GroupId"], rule["FromPort"], rule["SourceSecurityGroupId"]))
    return rules


def test_only_the_webserver_admits_clients_and_only_of_the_given_range() -> None:
    inside = {
        ("<CodeServerGroup>", 4000, "<WebserverGroup>"),
        ("<CodeServerGroup>", 4000, "<DaemonGroup>"),
        ("sg-database", 5432, "<WebserverGroup>"),
        ("sg-database", 5432, "<DaemonGroup>"),
        ("sg-database", 5432, "<CodeServerGroup>"),
    }
    assert ingress(Template()) == inside
    with_vpn = ingress(Template(WebserverClientCidr="10.8.0.0/16"))
    assert with_vpn == {*inside, ("<WebserverGroup>", 3000, "10.8.0.0/16")}


@pytest.mark.parametrize(
    ("cidr", "allowed"),
    [("", True), ("10.8.0.0/16", True), ("10.0.0.0/8", True), ("0.0.0.0/0", False), ("10.8.0.1", False)],
)
def test_the_range_cannot_be_the_internet(cidr: str, allowed: bool) -> None:
    parameters = yaml.safe_load((AWS / "template.yaml").read_text().split("\nConditions:")[0])["Parameters"]
    pattern = parameters["WebserverClientCidr"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, cidr)) is allowed


@either_way
def test_every_variable_is_read_by_something(parameters: dict[str, str]) -> None:
    known = {name.upper() for name in Settings.model_fields} | variables_of_the_files()
    template = Template(**parameters)
    for container in template.containers():
        given = {*template.environment(container), *template.secrets(container)}
        assert given - known - {"AWS_DEFAULT_REGION"} == set(), container


@either_way
def test_no_secret_is_a_plain_variable(parameters: dict[str, str]) -> None:
    secret = {n.upper() for n, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    assert "POSTGRES_PASSWORD" in secret
    template = Template(**parameters)
    for container in template.containers():
        assert not secret & template.environment(container).keys()


def test_each_container_gets_the_passwords_of_its_database_roles_alone() -> None:
    template = Template()
    worker = {
        "POSTGRES_PASSWORD": "<PipelineSecret>:POSTGRES_PASSWORD::",
        "DAGSTER_POSTGRES_PASSWORD": "<PipelineSecret>:DAGSTER_POSTGRES_PASSWORD::",
    }
    dagster = {"POSTGRES_PASSWORD": "<DagsterSecret>:POSTGRES_PASSWORD::"}
    assert {name: template.secrets(name) for name in template.containers()} == {
        "code-server": worker,
        "run": worker,
        "webserver": dagster,
        "daemon": dagster,
        "schema": {"POSTGRES_PASSWORD": "<OwnerSecret>:POSTGRES_PASSWORD::"},
    }


def test_with_iam_authentication_there_are_no_passwords() -> None:
    template = Template(**WITH_IAM)
    assert not [name for name in template.containers() if template.secrets(name)]


@pytest.mark.parametrize("name", ["SNOWFLAKE_PASSWORD", "SNOWFLAKE_PRIVATE_KEY"])
def test_only_code_server_and_runs_get_the_credential_of_snowflake(name: str) -> None:
    template = Template(**WITH_IAM, SnowflakeCredential=name)
    holders = {container for container in template.containers() if template.secrets(container)}

    assert holders == {"code-server", "run"}
    assert template.secrets("run") == {name: f"<PipelineSecret>:{name}::"}


def test_every_container_reads_the_settings_file() -> None:
    file = {"Type": "s3", "Value": "<Bucket.Arn>/settings.env"}
    for container in Template().containers().values():
        assert container["EnvironmentFiles"] == [file]
    assert roles_that(Template(), "s3:GetObject", "/settings.env") == {"ExecutionRole"}
    assert not roles_that(Template(), "s3:PutObject", "/settings.env")


def test_containers_get_the_variables_of_the_files_that_they_read() -> None:
    template = Template()
    workspace = {"DAGSTER_CODE_SERVER_HOST", "DAGSTER_CODE_SERVER_PORT"}
    for container in ("webserver", "daemon"):
        assert set(template.environment(container)) >= variables_of_the_files() - {"DAGSTER_HOME"}
    for container in ("code-server", "run"):
        # These two launch no runs, so they need no task definition.
        assert "DAGSTER_LOG_BUCKET" in template.environment(container)
        assert not workspace & template.environment(container).keys()
    port = template.environment("daemon")["DAGSTER_CODE_SERVER_PORT"]
    code_server = template.containers()["code-server"]
    assert code_server["Command"][code_server["Command"].index("--port") + 1] == port
    assert code_server["PortMappings"] == [{"ContainerPort": int(port)}]


def test_the_image_contains_every_command() -> None:
    scripts = {"python", *(entry.name for entry in importlib.metadata.entry_points(group="console_scripts"))}
    containers = Template().containers().values()
    checks = [c["HealthCheck"]["Command"] for c in containers if "HealthCheck" in c]

    assert {container["Command"][0] for container in containers} <= scripts
    assert {check[0] for check in checks} == {"CMD"}
    assert {check[1] for check in checks} <= scripts


def test_services_have_no_public_address_and_can_be_stopped() -> None:
    for running, count in (("true", 1), ("false", 0)):
        for service in Template(ServicesRun=running).of_type("AWS::ECS::Service").values():
            assert service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"
            assert service["DesiredCount"] == count


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    return template.of_type("AWS::CloudWatch::Alarm")


def test_every_alarm_has_a_metric_and_every_service_an_alarm() -> None:
    template = Template()
    counted = {
        (transformation["MetricNamespace"], transformation["MetricName"])
        for metric in template.of_type("AWS::Logs::MetricFilter").values()
        for transformation in metric["MetricTransformations"]
    }
    ours = {
        (alarm["Namespace"], alarm["MetricName"])
        for alarm in alarms(template).values()
        if alarm["Namespace"] != "AWS/ECS"
    }
    services = {
        dimension["Value"]
        for alarm in alarms(template).values()
        for dimension in alarm.get("Dimensions", [])
        if dimension["Name"] == "ServiceName"
    }
    assert ours == counted
    assert services == {f"<{name}.Name>" for name in template.of_type("AWS::ECS::Service")}


def test_stopped_services_raise_no_alarm() -> None:
    types = {resource["Type"] for resource in Template(ServicesRun="false").resources.values()}
    assert "AWS::CloudWatch::Alarm" not in types


def test_the_operations_page_describes_every_alarm() -> None:
    page = (AWS.parent / "operations.md").read_text()
    assert not [name for name in alarms(Template()) if f"`{name}`" not in page]


def test_the_pages_name_only_existing_outputs_and_parameters() -> None:
    text = (AWS / "README.md").read_text() + (AWS.parent / "operations.md").read_text()
    outputs = set(re.findall(r"\boutput ([A-Z]\w+)", text))
    parameters = set(re.findall(r"\b((?:[A-Z][a-z]+)+)=(?!=)", text))

    assert {"Cluster", "Bucket"} <= outputs <= Template().outputs
    assert {"Image", "ServicesRun"} <= parameters <= Template().parameters
