# Drives Redmine through its own models, and nothing else.  Run by "rails runner".  Reads one command a line, a JSON object
# with the keys "at" (seconds since 1970: the time Redmine shall believe it is), "do" (a method of Drive) and what that takes;
# answers each with one line of JSON.
require 'json'
require 'active_support/testing/time_helpers'

module Drive
  extend ActiveSupport::Testing::TimeHelpers

  # Makes a project, two users and the custom field Contract.
  def self.setup(_)
    Setting.notified_events = []
    role = Role.create!(name: 'Support', permissions: %i[view_issues add_issues edit_issues add_issue_notes copy_issues])
    project = Project.create!(name: 'Support', identifier: 'support', enabled_module_names: ['issue_tracking'], trackers: Tracker.all)
    { 'agent' => true, 'customer' => false }.each do |login, admin|
      user = User.new(firstname: login, lastname: 'Test', mail: "#{login}@example.com", admin: admin, language: 'en')
      user.login = login
      user.save!
      Member.create!(project: project, principal: user, roles: [role])
    end
    IssueCustomField.create!(name: 'Contract', field_format: 'list', possible_values: %w[Gold Silver], is_for_all: true,
                             trackers: Tracker.all, editable: true)
  end

  def self.create(args)
    user = User.find_by_login('customer')
    issue = Issue.new(project: Project.find('support'), author: user, subject: args['subject'])
    issue.tracker = Tracker.first
    issue.priority = IssuePriority.find_by_name(args['priority'] || 'Normal')
    issue.status = IssueStatus.find_by_name(args['status'] || 'New')
    issue.custom_field_values = { field.id.to_s => args['contract'] } if args['contract']
    issue.save!
    issue.id
  end

  # Saves an issue with a change or a note or both, as the form for an issue does.
  def self.edit(args)
    issue = Issue.find(args['issue'])
    journal = issue.init_journal(User.find_by_login(args['as'] || 'agent'), args['note'] || '')
    journal.private_notes = true if args['private']
    issue.status = IssueStatus.find_by_name(args['status']) if args['status']
    issue.priority = IssuePriority.find_by_name(args['priority']) if args['priority']
    issue.custom_field_values = { field.id.to_s => args['contract'] } if args.key?('contract')
    issue.save!
    issue.id
  end

  # The same change of several issues, in one transaction.
  def self.bulk(args)
    Issue.transaction { args['issues'].map { |id| edit(args.merge('issue' => id)) } }
  end

  def self.copy(args)
    issue = Issue.new
    issue.init_journal(User.find_by_login('agent'))
    issue.copy_from(Issue.find(args['issue']))
    issue.status = IssueStatus.find_by_name('New')
    issue.save!
    issue.id
  end

  def self.remove(args)
    Issue.find(args['issue']).destroy.id
  end

  # What Redmine has of an issue, without what it does not know.
  def self.show(args)
    issue = Issue.find(args['issue'])
    { attributes: issue.attributes.reject { |name, _| name.start_with?('slt_', 'sla_') },
      fields: issue.custom_field_values.map { |value| [value.custom_field.name, value.value] },
      journals: issue.journals.map { |journal| [journal.attributes, journal.details.map(&:attributes)] },
      open: issue.closed? ? 0 : 1, overdue: issue.overdue? }
  end

  def self.field
    IssueCustomField.find_by_name('Contract')
  end
end

$stdout.sync = true
while (line = $stdin.gets)
  args = JSON.parse(line)
  Drive.travel_to(Time.at(args['at']))
  User.current = User.find_by_login(args['as'] || 'agent') || User.anonymous
  answer = begin
    Drive.public_send(args['do'], args)
  rescue StandardError => e
    { error: "#{e.class}: #{e.message} #{e.backtrace.first(3).join(' ')}" }
  end
  puts JSON.generate(answer.as_json)
end
