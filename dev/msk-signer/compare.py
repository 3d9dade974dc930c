"""Has Amazon's own signer sign what topicctl's tests sign, and compares the URLs.

Takes the file of those tests: credentials, region and moment of each, and the URL that topicctl
makes of them. `--write` writes Amazon's URLs there instead.
"""

import base64
import datetime
import json
import sys

import botocore.auth
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from botocore.credentials import CredentialProvider, Credentials


class Fixed(CredentialProvider):
    def __init__(self, case):
        self.case = case

    def load(self):
        case = self.case
        return Credentials(case["id"], case["secret"], case.get("session"))


def url(case):
    moment = datetime.datetime.fromtimestamp(case["time"], datetime.timezone.utc)
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: moment.replace(tzinfo=None)
    sign = MSKAuthTokenProvider.generate_auth_token_from_credentials_provider
    token, _ = sign(case["region"], Fixed(case))
    padded = token + "=" * (-len(token) % 4)
    signed = base64.urlsafe_b64decode(padded).decode()
    # The name of the program is not signed.
    return signed.rsplit("&User-Agent=", 1)[0]


def main():
    *flags, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        cases = json.load(file)
    if flags == ["--write"]:
        for case in cases:
            case["url"] = url(case)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(cases, file, indent=2)
            file.write("\n")
        return
    differ = [case["region"] for case in cases if url(case) != case["url"]]
    if differ:
        sys.exit(f"Amazon's signer signs otherwise for {', '.join(differ)}")
    print(f"Amazon's signer makes the same {len(cases)} URLs.")


main()
