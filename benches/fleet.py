#!/usr/bin/env python3
"""How long a plan takes, how many calls, how much processor time and memory: this tool beside others.

    cargo build --release
    python3 benches/fleet.py                            # the table of docs/performance.md, but for its last columns
    python3 benches/fleet.py --tools genesys-iam,boto3,terraform --sizes 1,100
    python3 benches/fleet.py --throttle                 # 20 requests a second, 50 at once
    python3 benches/fleet.py --curve                    # to 10,000 roles
    python3 benches/fleet.py --server moto              # against moto instead of the sandbox, without a delay

Every tool is a command line that is run against one and the same server on loopback; what is not installed is skipped.
Standard library only. boto3 and moto come from a Python that has them: --python, or the one that `cargo test` makes.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ACCOUNT = "111122223333"
GENESYS = "765628985471"
ID = "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90"
COLUMNS = "{:>6} {:>6} {:<22} {:<12} {:>9} {:>7} {:>8} {:>8} {:>6} {:>5} {:>7}"


def spec(size, external_id=ID):
    text = f"""name = "bench"
[aws]
region = "us-east-1"
account_id = "{ACCOUNT}"
[genesys]
account_id = "{GENESYS}"
external_id = "{external_id}"
"""
    return text + "".join(f'[[role]]\nname = "Bench{n}"\nfunctions = ["bench-{n}"]\n' for n in range(size))


def terraform_configuration(size, endpoint, mirror):
    return f"""
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws", version = "5.100.0" }}
  }}
}}
provider "aws" {{
  region = "us-east-1"
  access_key = "{ACCOUNT}"
  secret_key = "x"
  skip_credentials_validation = true
  skip_metadata_api_check = true
  skip_requesting_account_id = true
  endpoints {{
    iam = "{endpoint}"
    sts = "{endpoint}"
  }}
}}
resource "aws_iam_role" "r" {{
  count = {size}
  name = "Terraform${{count.index}}"
  assume_role_policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole",
    Principal = {{ AWS = "arn:aws:iam::{GENESYS}:root" }},
    Condition = {{ StringEquals = {{ "sts:ExternalId" = "{ID}" }} }} }}] }})
}}
resource "aws_iam_policy" "p" {{
  count = {size}
  name = "TerraformInvoke${{count.index}}"
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = "lambda:InvokeFunction",
    Resource = "arn:aws:lambda:us-east-1:{ACCOUNT}:function:bench-${{count.index}}" }}] }})
}}
resource "aws_iam_role_policy_attachment" "a" {{
  count = {size}
  role = aws_iam_role.r[count.index].name
  policy_arn = aws_iam_policy.p[count.index].arn
}}
"""


BOTO3 = """
import sys, json, boto3
from botocore.config import Config
from concurrent.futures import ThreadPoolExecutor
size, threads = int(sys.argv[1]), int(sys.argv[2])
iam = boto3.client('iam', config=Config(max_pool_connections=max(10, threads), retries={'mode': 'adaptive', 'max_attempts': 10}))
def read(n):
    role = iam.get_role(RoleName=f'Bench{n}')['Role']
    attached = iam.list_attached_role_policies(RoleName=f'Bench{n}')['AttachedPolicies']
    inline = iam.list_role_policies(RoleName=f'Bench{n}')['PolicyNames']
    arn = attached[0]['PolicyArn']
    policy = iam.get_policy(PolicyArn=arn)['Policy']
    document = iam.get_policy_version(PolicyArn=arn, VersionId=policy['DefaultVersionId'])['PolicyVersion']['Document']
    assert document['Statement'] and role['AssumeRolePolicyDocument'] and not inline
with ThreadPoolExecutor(threads) as pool:
    list(pool.map(read, range(size)))
"""


def environment(endpoint, home):
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def run(command, env, cwd):
    """Wall and processor time in seconds, peak memory in MB, exit status, output."""
    with tempfile.TemporaryFile() as output:
        began = time.monotonic()
        child = subprocess.Popen(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, child.returncode, text


class Server:
    """The sandbox, or moto, in a folder of its own."""

    def __init__(self, options, size, delay, throttle):
        self.folder = Path(tempfile.mkdtemp(prefix="genesys-iam-bench-"))
        self.kind = options.server
        (self.folder / "genesys.toml").write_text(spec(size))
        if self.kind == "moto":
            script = (
                "from werkzeug.serving import make_server\n"
                "from moto.server import DomainDispatcherApplication, create_backend_app\n"
                "server = make_server('127.0.0.1', 0, DomainDispatcherApplication(create_backend_app), threaded=True)\n"
                "print(f'http://127.0.0.1:{server.server_port}', flush=True)\n"
                "server.serve_forever()\n"
            )
            command = [options.python, "-c", script]
        else:
            # More roles than an account can have by default.
            scenario = self.folder / "quotas.json"
            scenario.write_text(json.dumps({"quotas": {"roles": 2 * size + 1000, "policies": 2 * size + 1500}}))
            command = [options.binary, "sandbox", "serve", "--scenario", str(scenario), "--in-memory", "--listen", "127.0.0.1:0", "--latency", str(delay)]
            command += ["--rate", "20", "--burst", "50"] if throttle else []
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "MOTO_ACCOUNT_ID": ACCOUNT}
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.endpoint = re.search(r"http://\S+", self.process.stdout.readline()).group()
        self.env = environment(self.endpoint, self.folder)

    def tally(self):
        if self.kind == "moto":
            return {"calls": {}, "refused": 0, "most_at_once": 0}
        with urllib.request.urlopen(self.endpoint + "/_sandbox/tally") as answer:
            return json.load(answer)

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def must(command, server, cwd=None):
    _, _, _, status, text = run(command, server.env, cwd or server.folder)
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit status {status}\n{text}")


def prepare_functions(options, server, size):
    """moto has none of its own."""
    script = f"""
import boto3, io, zipfile, json
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, 'w') as file: file.writestr('f.py', 'def handler(event, context): return {{}}')
iam, aws_lambda = boto3.client('iam'), boto3.client('lambda')
trust = json.dumps({{'Version': '2012-10-17', 'Statement': []}})
role = iam.create_role(RoleName='lambda', AssumeRolePolicyDocument=trust)['Role']['Arn']
for n in range({size}):
    aws_lambda.create_function(FunctionName=f'bench-{{n}}', Runtime='python3.13', Role=role, Handler='f.handler', Code={{'ZipFile': buffer.getvalue()}})
"""
    must([options.python, "-c", script], server)


def prepare_terraform(options, server, size):
    folder = server.folder / "terraform"
    folder.mkdir()
    (folder / "main.tf").write_text(terraform_configuration(size, server.endpoint, options.mirror))
    rc = folder / "terraformrc"
    rc.write_text(f'provider_installation {{ filesystem_mirror {{ path = "{options.mirror}" }} }}\n')
    server.env["TF_CLI_CONFIG_FILE"] = str(rc)
    server.env["CHECKPOINT_DISABLE"] = "1"
    must(["terraform", "init", "-input=false"], server, folder)
    wall, cpu, memory, status, text = run(
        ["terraform", "apply", "-input=false", "-auto-approve"], server.env, folder
    )
    if status != 0:
        sys.exit(text)
    return folder, (wall, cpu, memory)


def measure(name, what, size, delay, command, server, options, cwd=None, expect=(0,), runs=None):
    walls, cpus, memories = [], [], []
    for _ in range(runs or options.runs):
        if options.throttle:
            # The bucket is full again.
            time.sleep(3)
        server.tally()
        wall, cpu, memory, status, text = run(command, server.env, cwd or server.folder)
        if status not in expect:
            print(COLUMNS.format(size, delay, name, what, "failed", "", "", "", "", "", ""), flush=True)
            print("      " + "\n      ".join(text.strip().splitlines()[-4:]))
            return None
        walls.append(wall)
        cpus.append(cpu)
        memories.append(memory)
    tally = server.tally()
    return row(name, what, size, delay, statistics.median(walls), statistics.median(cpus), max(memories), tally, options)


BASE = {}


def row(name, what, size, delay, wall, cpu, memory, tally, options):
    calls = sum(tally["calls"].values())
    key = (size, delay, what)
    BASE.setdefault(key, wall)
    print(
        COLUMNS.format(
            size,
            delay,
            name,
            what,
            f"{wall:.3f} s",
            f"{wall / BASE[key]:.1f}x",
            f"{cpu:.3f} s",
            f"{memory:.0f} MB",
            calls or "",
            tally["most_at_once"] or "",
            tally["refused"] or "",
        ),
        flush=True,
    )
    if options.names and calls:
        print("       " + ", ".join(f"{call} {count}" for call, count in sorted(tally["calls"].items())))
    return wall


def one(options, size, delay, throttle=False):
    server = Server(options, size, delay, throttle)
    try:
        if options.server == "moto":
            prepare_functions(options, server, size)
        runs = 1 if throttle or size > 1000 else None
        own = [options.binary, "--color", "never"]
        if "genesys-iam" in options.tools:
            measure("genesys-iam", "first apply", size, delay, own + ["apply", "--yes", "--no-check"], server, options, runs=1)
            measure("genesys-iam", "no changes", size, delay, own + ["plan", "--detailed-exitcode"], server, options, runs=runs)
            if size > 1 and not options.brief:
                single = own + ["--reads", "single", "plan", "--detailed-exitcode"]
                measure("genesys-iam --reads single", "no changes", size, delay, single, server, options, runs=runs)
            if not options.brief:
                drifted = server.folder / "drifted.toml"
                drifted.write_text(spec(size, "0b1c2d3e-0b6c-4a8e-9d51-7f0e3c2b1a90"))
                command = own + ["--file", str(drifted), "plan", "--detailed-exitcode"]
                measure("genesys-iam", "drift", size, delay, command, server, options, expect=(2,), runs=runs)
        bare = Path(options.binary).parent / "bare"
        if "bare" in options.tools and bare.exists():
            for way in ["single", "bulk"]:
                measure(f"bare SDK program, {way}", "no changes", size, delay, [bare, way, str(size)], server, options, runs=runs)
        if "boto3" in options.tools and options.python:
            for threads in [1, 32] if size > 1 else [1]:
                if threads == 1 and size > 100:
                    continue
                command = [options.python, "-c", BOTO3, str(size), str(threads)]
                measure(f"boto3, {threads} threads", "no changes", size, delay, command, server, options, runs=runs)
        if "terraform" in options.tools and shutil.which("terraform") and options.mirror and size <= options.terraform_to:
            server.tally()
            folder, first = prepare_terraform(options, server, size)
            row("terraform", "first apply", size, delay, *first, server.tally(), options)
            plan = ["terraform", "plan", "-input=false", "-detailed-exitcode"]
            few = 1 if throttle or size >= 100 else min(3, options.runs)
            measure("terraform", "no changes", size, delay, plan, server, options, cwd=folder, runs=few)
    finally:
        server.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "target/release/genesys-iam"))
    parser.add_argument("--tools", default="genesys-iam,bare,boto3,terraform")
    parser.add_argument("--sizes", default="1,10,100,1000")
    parser.add_argument("--delays", default="0,50", help="milliseconds before each answer")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--server", choices=["sandbox", "moto"], default="sandbox")
    parser.add_argument("--python", default=str(ROOT / "target/tmp/python/venv/bin/python3"))
    parser.add_argument("--mirror", default="", help="a file system mirror of Terraform's providers")
    parser.add_argument("--terraform-to", type=int, default=100, help="the largest size that Terraform is run with")
    parser.add_argument("--throttle", action="store_true", help="20 requests a second, 50 at once; no other delay")
    parser.add_argument("--curve", action="store_true", help="processor time from 10 to 10,000 roles")
    parser.add_argument("--brief", action="store_true", help="of this tool only first apply and a plan without changes")
    parser.add_argument("--names", action="store_true", help="show the calls by name")
    options = parser.parse_args()
    options.tools = options.tools.split(",")
    if not Path(options.python).exists():
        options.python = ""
    print(COLUMNS.format("roles", "ms", "tool", "what", "wall", "ratio", "CPU", "memory", "calls", "most", "refused"))
    if options.curve:
        options.tools, options.brief = ["genesys-iam"], True
        for size in [10, 100, 500, 1000, 2000, 5000, 10000]:
            one(options, size, 0)
        return
    if options.throttle:
        for size in map(int, options.sizes.split(",")):
            if size >= 100:
                one(options, size, 0, throttle=True)
        return
    for delay in [0] if options.server == "moto" else map(int, options.delays.split(",")):
        for size in map(int, options.sizes.split(",")):
            one(options, size, delay)


if __name__ == "__main__":
    main()
