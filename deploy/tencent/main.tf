# Archives originals each night on Tencent Cloud: one function, two timers, no queue. docs/deploy/tencent.md goes through it from account to first
# backup. Credentials are the environment's: TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY, of whoever may make these resources.
terraform {
  required_version = ">= 1.5"

  required_providers {
    tencentcloud = {
      source  = "tencentcloudstack/tencentcloud"
      version = ">= 1.83.25, < 2.0.0"
    }
  }
}

provider "tencentcloud" {
  region = var.region
}

locals {
  archive_region = coalesce(var.archive_region, var.region)
  # Its name has the version: the provider looks at the name alone, so another name is what updates the function.
  zip_file = try(coalesce(var.zip_file, one([for name in fileset("${path.module}/../../release", "*-scf.zip") : abspath("${path.module}/../../release/${name}")])), null)

  # What `cos-originals policy` prints of the same places.
  policy = var.policy_file == null ? templatefile("${path.module}/policy.json.tftpl", {
    source_bucket  = var.source_bucket
    source_uid     = regex("\\d+$", var.source_bucket)
    source_region  = var.region
    source_prefix  = var.source_prefix
    archive_bucket = var.archive_bucket
    archive_uid    = regex("\\d+$", var.archive_bucket)
    archive_region = local.archive_region
    archive_prefix = var.archive_prefix
  }) : file(var.policy_file)

  queue       = var.queue_endpoint == null ? null : "tdmq:${var.queue_endpoint}/${tencentcloud_tcmq_queue.work[0].queue_name}?region=${var.region}"
  dead_letter = var.queue_endpoint == null ? null : "tdmq:${var.queue_endpoint}/${tencentcloud_tcmq_queue.dead_letter[0].queue_name}?region=${var.region}"

  environment = merge(
    {
      ORIGINALS_REGION         = var.region
      ORIGINALS_SOURCE         = "cos://${var.source_bucket}/${var.source_prefix}"
      ORIGINALS_ARCHIVE        = "cos://${var.archive_bucket}/${var.archive_prefix}"
      ORIGINALS_ARCHIVE_REGION = local.archive_region
      ORIGINALS_MAX_INSTANCES  = tostring(var.max_instances)
    },
    local.queue == null ? {} : { ORIGINALS_QUEUE = local.queue, ORIGINALS_DEAD_LETTER_QUEUE = local.dead_letter },
    var.settings,
  )

  alarms = length(var.notify_uins) > 0 || var.notify_url != null
}

# Who the function is: its temporary keys are this role's, renewed by the platform.
resource "tencentcloud_cam_role" "function" {
  name        = "${var.name}-function"
  description = "Reads originals, writes their archive and its ledger, deletes nothing."
  document = jsonencode({
    version = "2.0"
    statement = [{
      action    = ["name/sts:AssumeRole"]
      effect    = "allow"
      principal = { service = ["scf.qcloud.com"] }
    }]
  })
}

resource "tencentcloud_cam_policy" "function" {
  name        = "${var.name}-function"
  description = "What cos-originals policy prints."
  document    = local.policy
}

resource "tencentcloud_cam_role_policy_attachment" "function" {
  role_id   = tencentcloud_cam_role.function.id
  policy_id = tencentcloud_cam_policy.function.id
}

# Of the queue, say, where there is one.
resource "tencentcloud_cam_role_policy_attachment" "more" {
  for_each = toset(var.more_policy_ids)

  role_id   = tencentcloud_cam_role.function.id
  policy_id = each.value
}

resource "tencentcloud_scf_function" "originals" {
  name        = var.name
  description = "Archives originals: cos-originals"
  handler     = "index.main_handler"
  runtime     = var.runtime
  zip_file    = local.zip_file
  mem_size    = var.memory
  timeout     = var.timeout
  environment = local.environment
  role        = tencentcloud_cam_role.function.name

  cls_logset_id = tencentcloud_cls_logset.originals.id
  cls_topic_id  = tencentcloud_cls_topic.originals.id

  depends_on = [tencentcloud_cam_role_policy_attachment.function]

  lifecycle {
    precondition {
      condition     = local.zip_file != null
      error_message = "The function's code is missing, or there is more than one: release/ holds one *-scf.zip, of a release or written by npm run release-files; or say zip_file."
    }
  }
}

# Starts the run of a night.
resource "tencentcloud_scf_trigger" "nightly" {
  function_name   = tencentcloud_scf_function.originals.name
  namespace       = tencentcloud_scf_function.originals.namespace
  trigger_name    = "nightly"
  type            = "timer"
  trigger_desc    = var.nightly_cron
  custom_argument = "list"
  enable          = var.nightly ? "OPEN" : "CLOSE"
}

# Goes on with what is not over, as far as its time reaches; polls the queue where there is one.
resource "tencentcloud_scf_trigger" "poll" {
  function_name   = tencentcloud_scf_function.originals.name
  namespace       = tencentcloud_scf_function.originals.namespace
  trigger_name    = "poll"
  type            = "timer"
  trigger_desc    = var.poll_cron
  custom_argument = "poll"
  enable          = "OPEN"
}

# Messages that others write to CKafka.
resource "tencentcloud_scf_trigger" "ckafka" {
  for_each = { for topic in var.ckafka_topics : "${topic.instance_id}-${topic.topic}" => topic }

  function_name = tencentcloud_scf_function.originals.name
  namespace     = tencentcloud_scf_function.originals.namespace
  trigger_name  = each.key
  type          = "ckafka"
  trigger_desc = jsonencode({
    instanceId = each.value.instance_id
    topicName  = each.value.topic
    maxMsgNum  = each.value.max_messages
    offset     = "latest"
    retry      = 10000
    timeOut    = 60
  })
  enable = "OPEN"
}

# A bound on how many work at once, and so much memory kept for them.
resource "tencentcloud_scf_reserved_concurrency_config" "originals" {
  count = var.reserve ? 1 : 0

  function_name            = tencentcloud_scf_function.originals.name
  namespace                = tencentcloud_scf_function.originals.namespace
  reserved_concurrency_mem = var.max_instances * var.memory
}

# TDMQ for CMQ, only where queue_endpoint is set. A message can't be held longer than its visibility, so that is above the function's time limit.
resource "tencentcloud_tcmq_queue" "dead_letter" {
  count = var.queue_endpoint == null ? 0 : 1

  queue_name            = "${var.name}-dead-letters"
  msg_retention_seconds = 43200
}

resource "tencentcloud_tcmq_queue" "work" {
  count = var.queue_endpoint == null ? 0 : 1

  queue_name             = "${var.name}-work"
  visibility_timeout     = var.timeout + 120
  msg_retention_seconds  = 43200
  dead_letter_queue_name = tencentcloud_tcmq_queue.dead_letter[0].queue_name
  policy                 = 0
  max_receive_count      = 10
}

resource "tencentcloud_cls_logset" "originals" {
  logset_name = var.name
}

resource "tencentcloud_cls_topic" "originals" {
  logset_id  = tencentcloud_cls_logset.originals.id
  topic_name = var.name
  period     = var.log_days
  describes  = "What the function ${var.name} says."
}

# The fields of document 583/60336 that the alarms ask for; what the function says is in SCF_Message, as JSON.
resource "tencentcloud_cls_index" "originals" {
  topic_id = tencentcloud_cls_topic.originals.id
  status   = true

  rule {
    full_text {
      case_sensitive = false
      tokenizer      = local.tokenizer
      contain_z_h    = false
    }

    key_value {
      case_sensitive = false

      dynamic "key_values" {
        for_each = { SCF_FunctionName = "text", SCF_RequestId = "text", SCF_Message = "text", SCF_StatusCode = "long" }

        content {
          key = key_values.key

          value {
            type      = key_values.value
            tokenizer = key_values.value == "text" ? local.tokenizer : null
            sql_flag  = true
          }
        }
      }
    }
  }
}

locals {
  tokenizer = "@&?|#()='\",;:<>[]{}/ \n\t\r\\"
}

resource "tencentcloud_cls_alarm_notice" "originals" {
  count = local.alarms ? 1 : 0

  name = var.name
  type = "All"

  dynamic "notice_receivers" {
    for_each = length(var.notify_uins) > 0 ? [var.notify_uins] : []

    content {
      receiver_type     = "Uin"
      receiver_ids      = notice_receivers.value
      receiver_channels = var.notify_channels
    }
  }

  dynamic "web_callbacks" {
    for_each = var.notify_url == null ? [] : [var.notify_url]

    content {
      callback_type = "Http"
      url           = web_callbacks.value
      method        = "POST"
    }
  }
}

# An invocation that failed (200 is success, 202 is under way), or a run that was halted.
resource "tencentcloud_cls_alarm" "errors" {
  count = local.alarms ? 1 : 0

  name             = "${var.name}: an invocation failed, or a run was halted"
  condition        = "$1.__QUERYCOUNT__ > 0"
  alarm_level      = 0
  trigger_count    = 1
  alarm_period     = 60
  alarm_notice_ids = [tencentcloud_cls_alarm_notice.originals[0].id]
  status           = true

  alarm_targets {
    logset_id         = tencentcloud_cls_logset.originals.id
    topic_id          = tencentcloud_cls_topic.originals.id
    query             = "SCF_FunctionName:\"${var.name}\" AND (SCF_StatusCode:>202 OR SCF_Message:\"run halted\")"
    number            = 1
    start_time_offset = -15
    end_time_offset   = 0
    syntax_rule       = 1
  }

  monitor_time {
    type = "Period"
    time = 15
  }
}

# No complete run in 25 hours: none in the last 24 (the service looks back no further), and that at two looks an hour apart.
resource "tencentcloud_cls_alarm" "no_run" {
  count = local.alarms && var.nightly ? 1 : 0

  name             = "${var.name}: no run was complete in 25 hours"
  condition        = "$1.__QUERYCOUNT__ < 1"
  alarm_level      = 2
  trigger_count    = 2
  alarm_period     = 720
  alarm_notice_ids = [tencentcloud_cls_alarm_notice.originals[0].id]
  status           = true

  alarm_targets {
    logset_id         = tencentcloud_cls_logset.originals.id
    topic_id          = tencentcloud_cls_topic.originals.id
    query             = "SCF_FunctionName:\"${var.name}\" AND SCF_Message:\"run complete\""
    number            = 1
    start_time_offset = -1440
    end_time_offset   = 0
    syntax_rule       = 1
  }

  monitor_time {
    type = "Period"
    time = 60
  }
}
