//! topicctl
