# The bucket.
resource "aws_s3_bucket" "logs" {
  bucket = "logs"
  tags = { a = "b" }
  lifecycle {
    prevent_destroy = true
  }
}

variable "region" {
  type    = string
  default = "eu-west-1"
}

locals {
  name = "x"
}

module "vpc" {
  source = "./vpc"
}
terraform {
  required_version = ">= 1"
}
output "id" { value = 1 }
region = "x"
