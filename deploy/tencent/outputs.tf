output "function" {
  description = "The function's name."
  value       = tencentcloud_scf_function.originals.name
}

output "role" {
  description = "The role that it has."
  value       = tencentcloud_cam_role.function.name
}

output "log_topic" {
  description = "Where to read what it says: the log topic's id."
  value       = tencentcloud_cls_topic.originals.id
}

output "alarms" {
  description = "Whether anybody is told when a run fails or does not come."
  value       = local.alarms ? "on" : "off: set notify_uins or notify_url"
}

output "queue" {
  description = "Where manifest messages may be sent; null without a queue."
  value       = local.queue
}
