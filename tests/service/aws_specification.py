#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""samples/aws/template.yaml against AWS's specification of resources: that every type and property is one, of the right kind, and
that none is missing which has to be there. What the template means is the business of tests/checks/aws_template.
"""

import copy
import importlib.machinery
import importlib.util
import json
import os
import shutil
import sys

import npm_package

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.abspath(os.environ.get("TESSERA_SERVICES") or os.path.join(HERE, "../../build/services"))
# What is younger than the specification: AWS's documentation has it.
YOUNGER = {
    "AWS::Serverless::Function": {"LoggingConfig": {"PrimitiveType": "Json"}},
    "AWS::Serverless::Function.SQSEvent": {"FunctionResponseTypes": {"Type": "List", "PrimitiveItemType": "String"},
                                           "ScalingConfig": {"PrimitiveType": "Json"}},
}
PRIMITIVES = {"String": (str, int, float), "Integer": int, "Long": int, "Double": (int, float), "Boolean": bool,
              "Json": (dict, list, str)}
SECTIONS = {"AWSTemplateFormatVersion", "Transform", "Description", "Parameters", "Globals", "Resources", "Outputs"}


def load_template_check():
    path = os.path.join(HERE, "..", "checks", "aws_template")
    loader = importlib.machinery.SourceFileLoader("aws_template", path)
    sys.dont_write_bytecode = True
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("aws_template", loader))
    loader.exec_module(module)
    return module


class Specification:
    def __init__(self, content):
        self.content, self.problems = content, []

    def properties_of(self, type_):
        found = self.content["ResourceTypes"].get(type_) or self.content["PropertyTypes"].get(type_)
        return found and dict(found.get("Properties", {}), **YOUNGER.get(type_, {}))

    def nested(self, resource, name):
        return name if name == "Tag" else "%s.%s" % (resource, name)

    def trouble(self, where, value, resource, rule):
        """What is wrong with a value by its rule, as a list."""
        if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in ("Ref", "GetAtt", "Sub"):
            return []
        if "PrimitiveTypes" in rule or "Types" in rule or "ItemTypes" in rule:
            rules = [{"PrimitiveType": name} for name in rule.get("PrimitiveTypes", [])] + [{"Type": name} for name in rule.get("Types", [])]
            tried = [self.trouble(where, value, resource, one) for one in rules]
            return [] if not all(tried) or not tried else min(tried, key=len)
        if "PrimitiveType" in rule:
            kinds = PRIMITIVES[rule["PrimitiveType"]]
            good = isinstance(value, kinds) and (rule["PrimitiveType"] == "Boolean" or not isinstance(value, bool))
            return [] if good else ["%s: %r is no %s" % (where, value, rule["PrimitiveType"])]
        if rule.get("Type") in ("List", "Map"):
            wanted = list if rule["Type"] == "List" else dict
            if not isinstance(value, wanted):
                return ["%s: is no %s" % (where, rule["Type"])]
            item = {"PrimitiveType": rule["PrimitiveItemType"]} if "PrimitiveItemType" in rule else {"Type": rule["ItemType"]}
            inner = value.items() if wanted is dict else enumerate(value)
            return [words for name, one in inner for words in self.trouble("%s/%s" % (where, name), one, resource, item)]
        return self.object_trouble(where, value, resource, self.nested(resource, rule["Type"]))

    def object_trouble(self, where, value, resource, type_):
        rules = self.properties_of(type_)
        if rules is None:
            return ["%s: AWS knows no %s" % (where, type_)]
        if not isinstance(value, dict):
            return ["%s: is no %s" % (where, type_)]
        found = ["%s: %s is missing" % (where, name) for name, rule in rules.items() if rule.get("Required") and name not in value]
        for name, inner in value.items():
            if name in rules:
                found += self.trouble("%s/%s" % (where, name), inner, resource, rules[name])
            else:
                found.append("%s: %s has no %s" % (where, type_, name))
        return found

    def check(self, template):
        found = ["the template has no %s" % name for name in template if name not in SECTIONS]
        common = template.get("Globals", {}).get("Function", {})
        for name, resource in template["Resources"].items():
            for member in resource:
                if member not in ("Type", "Properties", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy"):
                    found.append("%s: has no %s" % (name, member))
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::Serverless::Function":
                properties = dict(common, **properties)
            found += self.object_trouble(name, properties, resource["Type"], resource["Type"])
        return found


def selftest(check, specification, template):
    """That it can fail."""
    spoils = [("Resources/Images/Properties/Encryption", True, "has no Encryption"),
              ("Resources/GridTable/Properties/KeySchema", None, "KeySchema is missing"),
              ("Resources/GridQueue/Properties/VisibilityTimeout", "long", "is no Integer"),
              ("Resources/Images/Properties/LifecycleConfiguration/Rules", {}, "is no List"),
              ("Resources/AddImage/Properties/Events/Add/Properties/Route", "/", "has no Route"),
              ("Resources/Api/Type", "AWS::Serverless::Gateway", "knows no")]
    missed = []
    for path, value, words in spoils:
        spoilt = copy.deepcopy(template)
        check.set_(path, value)(spoilt)
        if not any(words in problem for problem in specification.check(spoilt)):
            missed.append("selftest: nothing said about %s" % path)
    return missed


def main():
    if not shutil.which("npm"):
        print("skipped: no npm")
        return 77
    folder = npm_package.fetch("@aws-cdk/cfnspec", os.path.join(FOLDER, "npm"))
    with open(os.path.join(folder, "spec", "specification.json"), encoding="utf-8") as file:
        specification = Specification(json.load(file))
    check = load_template_check()
    with open(check.TEMPLATE, encoding="utf-8") as file:
        template = check.load(file.read())
    problems = specification.check(template) + selftest(check, specification, template)
    for problem in problems:
        print("aws_specification: %s" % problem)
    print("aws_specification: %d resources, %d problems" % (len(template["Resources"]), len(problems)))
    return 1 if problems else 0


sys.exit(main())
