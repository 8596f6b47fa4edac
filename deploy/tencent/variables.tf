variable "region" {
  description = "Where the source bucket and the function are, like ap-guangzhou."
  type        = string
}

variable "source_bucket" {
  description = "The bucket with the originals, BUCKET-APPID."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+-\\d+$", var.source_bucket))
    error_message = "source_bucket must be BUCKET-APPID, like photos-1250000000."
  }
}

variable "source_prefix" {
  description = "Only keys that begin so are archived; empty: all of them."
  type        = string
  default     = ""
}

variable "archive_bucket" {
  description = "The bucket that they are archived in, BUCKET-APPID; it is there already."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+-\\d+$", var.archive_bucket))
    error_message = "archive_bucket must be BUCKET-APPID, like archive-1250000000."
  }
}

variable "archive_prefix" {
  description = "Archive keys begin so: empty, or a folder that ends in /."
  type        = string
  default     = ""

  validation {
    condition     = var.archive_prefix == "" || endswith(var.archive_prefix, "/")
    error_message = "archive_prefix must be empty or end in /, like nightly/."
  }
}

variable "archive_region" {
  description = "Where the archive bucket is, if elsewhere than region."
  type        = string
  default     = null
}

variable "settings" {
  description = "More settings, as environment variables: { ORIGINALS_HISTORY = \"history/\", ORIGINALS_RATE = \"500/s\" }. docs/cli.md has them all."
  type        = map(string)
  default     = {}
}

variable "policy_file" {
  description = "A policy that cos-originals policy printed, for settings that need more than the plain one: a history, another ledger, a manifest in a bucket."
  type        = string
  default     = null
}

variable "more_policy_ids" {
  description = "Ids of other CAM policies that the function's role gets, of the queue for instance."
  type        = list(string)
  default     = []
}

variable "name" {
  description = "Of the function, and what the names of the other resources begin with."
  type        = string
  default     = "cos-originals"
}

variable "zip_file" {
  description = "The function's code; absent: the one that npm run release-files wrote into release/. What has the same name is not uploaded again."
  type        = string
  default     = null
}

variable "runtime" {
  description = "Node.js 20 or later, as the region's console spells it."
  type        = string
  default     = "Nodejs20.19"
}

variable "memory" {
  description = "MB, in steps of 128."
  type        = number
  default     = 512
}

variable "timeout" {
  description = "Seconds for each invocation."
  type        = number
  default     = 900

  validation {
    condition     = var.timeout >= 30 && var.timeout <= 900
    error_message = "timeout must be from 30 to 900 seconds; with less than 10 the function refuses to work."
  }
}

variable "nightly" {
  description = "Does the nightly timer start runs? If not, they begin by messages or calls."
  type        = bool
  default     = true
}

variable "nightly_cron" {
  description = "When: seconds, minutes, hours, day of month, month, day of week, year; by Beijing time."
  type        = string
  default     = "0 0 2 * * * *"
}

variable "poll_cron" {
  description = "How often what is not over is gone on with."
  type        = string
  default     = "0 */5 * * * * *"
}

variable "max_instances" {
  description = "Invocations that may be at work at once: timeout through the time between two polls, and one for the nightly timer. They share ORIGINALS_RATE."
  type        = number
  default     = 4
}

variable "reserve" {
  description = "Reserve max_instances times memory for this function, which also bounds it to that; the account must keep 12,800 MB beside it."
  type        = bool
  default     = false
}

variable "ckafka_topics" {
  description = "CKafka topics whose messages are manifest messages."
  type = list(object({
    instance_id  = string
    topic        = string
    max_messages = optional(number, 100)
  }))
  default = []
}

variable "queue_endpoint" {
  description = "TDMQ for CMQ's endpoint for this region, from its console (https://cmq-gz.public….tencenttdmq.com): then work and dead letters go by queues. Absent: no queue."
  type        = string
  default     = null
}

variable "log_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
}

variable "notify_uins" {
  description = "Account ids (uin) that are told of alarms."
  type        = list(number)
  default     = []
}

variable "notify_channels" {
  description = "How: Email, Sms, WeChat, Phone."
  type        = list(string)
  default     = ["Email"]
}

variable "notify_url" {
  description = "A webhook that is told of alarms."
  type        = string
  default     = null
}
